package papi

import (
	"net/url"
	"strings"
)

// maskUserinfo returns a text in which Masked stands for the user and password
// of each URL: https://***@example.com/. A webhook's target may have them, and
// whoever knows them can send events in the API's name.
func maskUserinfo(text string) string {
	return eachURL(text, func(authority, rest string) (string, string) {
		if i := strings.LastIndexByte(authority, '@'); i >= 0 {
			return Masked + authority[i:], rest
		}
		return authority, rest
	})
}

// MaskURLSecrets masks, beside users and passwords, the values of those query
// parameters that sound secret, such as ?token=: for what is kept, as the lines
// of a log are. A result shows these parameters, since the URL of a media file
// is of no use without them.
func MaskURLSecrets(text string) string {
	return eachURL(maskUserinfo(text), func(authority, rest string) (string, string) {
		before, query, found := strings.Cut(rest, "?")
		if !found {
			return authority, rest
		}
		query, fragment, hasFragment := strings.Cut(query, "#")
		parameters := strings.Split(query, "&")
		for i, parameter := range parameters {
			name, _, given := strings.Cut(parameter, "=")
			if plain, err := url.QueryUnescape(name); given && err == nil && SoundsSecret(plain) {
				parameters[i] = name + "=" + Masked
			}
		}
		rest = before + "?" + strings.Join(parameters, "&")
		if hasFragment {
			rest += "#" + fragment
		}
		return authority, rest
	})
}

// eachURL puts each URL of a text through edit: its authority, and what comes
// after it.
func eachURL(text string, edit func(authority, rest string) (string, string)) string {
	const mark = "://"
	if !strings.Contains(text, mark) { // hardly any text has one
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(mark)
		end := len(after)
		if i := strings.IndexFunc(after, endsURL); i >= 0 {
			end = i
		}
		authority, rest := edit(splitAuthority(after[:end]))
		b.WriteString(authority)
		b.WriteString(rest)
		text = after[end:]
	}
}

// endsURL tells of the characters at which a URL in a sentence ends.
func endsURL(r rune) bool { return r <= ' ' || strings.ContainsRune("\"<>`", r) }

// splitAuthority splits a URL without its scheme. A password may hold a slash
// that nobody escaped: then what looks like the port is none, and an @ follows.
func splitAuthority(text string) (authority, rest string) {
	end := strings.IndexAny(text, `/?#\`)
	if end < 0 {
		return text, ""
	}
	_, port, hasPort := strings.Cut(text[:end], ":")
	if at := strings.LastIndexByte(text, '@'); at > end && hasPort && !strings.Contains(text[:end], "@") &&
		!strings.HasPrefix(text, "[") && strings.Trim(port, "0123456789") != "" {
		if end = strings.IndexAny(text[at:], `/?#\`); end < 0 {
			return text, ""
		}
		end += at
	}
	return text[:end], text[end:]
}
