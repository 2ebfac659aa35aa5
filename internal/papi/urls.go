package papi

import (
	"net/url"
	"strings"
)

// maskUserinfo returns a text in which Masked stands for the user and password
// of each URL: https://***@example.com/. A webhook's target may have them, and
// whoever knows them can send events in the API's name.
func maskUserinfo(text string) string {
	return eachURL(text, func(url string) string {
		parts := strings.Split(url, mark) // a URL may hold others, as a redirect does
		for i, part := range parts {
			authority, rest := splitAuthority(part)
			if at := strings.LastIndexByte(authority, '@'); at >= 0 {
				parts[i] = Masked + authority[at:] + rest
			} else if i < len(parts)-1 && hasOddPort(authority) { // a password that holds the mark
				parts[i] = Masked
			}
		}
		return strings.Join(parts, mark)
	})
}

// MaskURLSecrets masks, beside users and passwords, the values of those query
// parameters that sound secret, such as ?token=: for what is kept, as the lines
// of a log are. A result shows these parameters, since the URL of a media file
// is of no use without them.
func MaskURLSecrets(text string) string {
	return eachURL(maskUserinfo(text), func(whole string) string {
		authority, rest := splitAuthority(whole)
		before, query, found := strings.Cut(rest, "?")
		if !found {
			return whole
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
		return authority + rest
	})
}

// mark stands behind the scheme of a URL.
const mark = "://"

// eachURL puts each URL of a text, without its scheme, through edit.
func eachURL(text string, edit func(url string) string) string {
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
		b.WriteString(edit(after[:end]))
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
	if at := strings.LastIndexByte(text, '@'); at > end && !strings.Contains(text[:end], "@") && hasOddPort(text[:end]) {
		if end = strings.IndexAny(text[at:], `/?#\`); end < 0 {
			return text, ""
		}
		end += at
	}
	return text[:end], text[end:]
}

// hasOddPort reports whether what would be the port of a host is no number.
func hasOddPort(host string) bool {
	_, port, ok := strings.Cut(host, ":")
	return ok && !strings.HasPrefix(host, "[") && strings.Trim(port, "0123456789") != ""
}
