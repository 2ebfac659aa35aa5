package loopback

import "testing"

func TestURLsOfThisMachine(t *testing.T) {
	for address, want := range map[string]bool{
		"http://127.0.0.1:1/a": true, "http://localhost/a": true, "https://[::1]:8/": true, "http://127.9.9.9/": true,
		"http://[::ffff:127.0.0.1]/": true, "http://LOCALHOST:80": true,
		"https://example.com/": false, "http://localhost.example.com/": false, "http://192.0.2.1/": false,
		"http://127.0.0.1.example.com/": false, "http://[::]/": false, "http://0.0.0.0/": false, "http://127.1/": false,
		"http://2130706433/": false, "": false, "127.0.0.1": false, "http://[": false,
	} {
		if got := IsURL(address); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
	}
}
