package papi

import (
	"net/url"
	"strings"
)

// maskUserinfo masks the user and password of each URL in a text:
// https://***@example.com/. A webhook's target may have them, and with them anybody
// can send events as the API does.
func maskUserinfo(text string) string {
	if !strings.Contains(text, "@") && strings.Count(text, schemeEnd) < 2 { // most URLs have nothing to mask
		return text
	}
	return eachURL(text, func(url string) string {
		parts := strings.Split(url, schemeEnd) // a URL may contain others, as a redirect does
		for i, part := range parts {
			authority, rest := splitAuthority(part)
			if at := strings.LastIndexByte(authority, '@'); at >= 0 {
				parts[i] = Masked + authority[at:] + rest
			} else if i < len(parts)-1 && hasInvalidPort(authority) { // a password that contains the separator
				parts[i] = Masked
			}
		}
		return strings.Join(parts, schemeEnd)
	})
}

// MaskURLSecrets also masks the values of query parameters with secret names, such
// as ?token=: for text that is stored, such as log lines. A result shows these
// parameters, since the URL of a media file is of no use without them.
func MaskURLSecrets(text string) string {
	return eachURL(maskUserinfo(text), func(full string) string {
		authority, rest := splitAuthority(full)
		before, query, found := strings.Cut(rest, "?")
		if !found {
			return full
		}
		query, fragment, hasFragment := strings.Cut(query, "#")
		parameters := strings.Split(query, "&")
		for i, parameter := range parameters {
			name, _, given := strings.Cut(parameter, "=")
			if plain, err := url.QueryUnescape(name); given && err == nil && IsSecretName(plain) {
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

// schemeEnd separates the scheme of a URL from the rest.
const schemeEnd = "://"

// eachURL replaces each URL of a text, without its scheme, by the result of edit.
func eachURL(text string, edit func(url string) string) string {
	if !strings.Contains(text, schemeEnd) { // few texts have one
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, schemeEnd)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(schemeEnd)
		end := len(after)
		if i := strings.IndexFunc(after, endsURL); i >= 0 {
			end = i
		}
		b.WriteString(edit(after[:end]))
		text = after[end:]
	}
}

// endsURL reports whether a URL in a sentence ends before a character.
func endsURL(r rune) bool { return r <= ' ' || strings.ContainsRune("\"<>`", r) }

// splitAuthority splits a URL without its scheme. A password may contain a slash
// that was not escaped: then the port is invalid, and an @ follows.
func splitAuthority(text string) (authority, rest string) {
	end := strings.IndexAny(text, `/?#\`)
	if end < 0 {
		return text, ""
	}
	if at := strings.LastIndexByte(text, '@'); at > end && !strings.Contains(text[:end], "@") && hasInvalidPort(text[:end]) {
		if end = strings.IndexAny(text[at:], `/?#\`); end < 0 {
			return text, ""
		}
		end += at
	}
	return text[:end], text[end:]
}

// hasInvalidPort reports whether the port of a host is not a number.
func hasInvalidPort(host string) bool {
	_, port, ok := strings.Cut(host, ":")
	return ok && !strings.HasPrefix(host, "[") && strings.Trim(port, "0123456789") != ""
}
