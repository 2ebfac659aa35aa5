package papi

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The client knows the API's time by its last answer, an error too: that of a sandbox can
// be moved.
func TestNowIsTheTimeOfTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ahead, status := 31*24*time.Hour, http.StatusOK
		client, err := New(Config{BaseURL: "http://sandbox", AccessToken: "token", Transport: transportFunc(func(r *http.Request) (*http.Response, error) {
			header := http.Header{"Content-Type": {"application/json"}, "Date": {time.Now().Add(ahead).UTC().Format(http.TimeFormat)}}
			return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(`{}`)), Request: r}, nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		if now := client.Now(); !now.Equal(time.Now()) {
			t.Errorf("before the first answer it is %v", now)
		}
		read := &Request{Operation: Lookup("WhatsappTemplatesController_listTemplates_v1"), Path: map[string]string{"projectId": testProject}, Read: true}
		for _, status = range []int{http.StatusOK, http.StatusNotFound} {
			_, _ = client.Do(context.Background(), read)
			if now := client.Now(); !now.Equal(time.Now().Add(ahead)) {
				t.Errorf("after %d it is %v, want %v", status, now, time.Now().Add(ahead))
			}
			ahead += time.Hour
		}
	})
}
