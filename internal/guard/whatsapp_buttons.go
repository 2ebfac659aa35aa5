package guard

import (
	"context"
	"fmt"
	"strings"
)

// variable is what makes the address of a URL button dynamic.
const variable = "{{1}}"

// restrictedHosts are those that a URL button may not lead to, with all below
// them.
var restrictedHosts = []string{"wa.me", "whatsapp.com"}

// buttonURLs tells what is wrong with all URL buttons at once, those of a
// carousel's cards too.
func buttonURLs(_ context.Context, _ *Guard, c *Call) *Refusal {
	submits := submitsTemplate(c)
	var wrong []string
	eachURLButton(object(c.Args, "details")["components"], "details.components", func(path string, button map[string]any) {
		address := text(button, "url")
		host := hostOf(address)
		dynamic := strings.Contains(address, variable)
		for _, restricted := range restrictedHosts {
			if host == restricted || strings.HasSuffix(host, "."+restricted) {
				wrong = append(wrong, fmt.Sprintf("%s.url leads to %s", path, restricted))
			}
		}
		if strings.Contains(host, "{{") {
			wrong = append(wrong, fmt.Sprintf("%s.url has a variable in its host", path))
		}
		switch {
		case address == "":
		case !dynamic && answered(button["examples"]):
			wrong = append(wrong, fmt.Sprintf("%s.examples is given, though the url holds no %s", path, variable))
		case dynamic && submits && !answered(button["examples"]):
			wrong = append(wrong, fmt.Sprintf("%s.examples must be given, since the url holds %s", path, variable))
		}
	})
	if wrong == nil {
		return nil
	}
	return &Refusal{
		Message:    strings.Join(wrong, "; "),
		Resolution: "mend all of them, and call again",
		Info:       map[string]any{"wrong": wrong},
	}
}

// eachURLButton visits the URL buttons within a value, with their paths.
func eachURLButton(value any, path string, visit func(path string, button map[string]any)) {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			eachURLButton(item, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case map[string]any:
		if v["type"] == "URL" {
			visit(path, v)
		}
		for _, name := range []string{"buttons", "cards", "components"} {
			eachURLButton(v[name], path+"."+name, visit)
		}
	}
}

// hostOf is the host of an address, in small letters. An address with a
// variable need not be a URL yet, so it is taken apart by hand.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	if at := strings.LastIndex(host, "@"); at >= 0 {
		host = host[at+1:]
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
