package template

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Note is about one thing in Meta's JSON that the arguments do not have, or have in
// another form.
type Note struct {
	// Path is that of the thing in Meta's JSON: components[1].buttons[0].flow_name.
	Path string `json:"path"`
	Note string `json:"note"`
}

// FromMeta converts a template of Meta's Graph API, as a POST to message_templates takes
// it and a GET shows it, to the arguments of whatsapp_template_create, with a note for
// each thing that has no counterpart there. It returns violations instead where the
// value is no template, or its name, language or category is missing or unknown.
// Whether the arguments are valid otherwise is for package lint to say.
func FromMeta(value any) (args map[string]any, notes []Note, wrong []papi.Violation) {
	if problem := notTemplate(value); problem != "" {
		return nil, nil, []papi.Violation{{Given: papi.TypeName(value), Allowed: problem}}
	}
	c := &conversion{}
	args = c.template(c.reader("", value.(map[string]any)))
	if len(c.wrong) > 0 {
		return nil, c.notes, c.wrong
	}
	return args, c.notes, nil
}

// conversion collects what is found while a template is converted.
type conversion struct {
	isAuthentication bool
	notes            []Note
	wrong            []papi.Violation
}

func (c *conversion) note(path, format string, args ...any) {
	c.notes = append(c.notes, Note{path, fmt.Sprintf(format, args...)})
}

// reader reads the fields of one object in Meta's JSON. It knows which are left, so that
// none is lost without a note.
type reader struct {
	c    *conversion
	path string
	left map[string]any
}

func (c *conversion) reader(path string, object map[string]any) *reader {
	left := maps.Clone(object)
	maps.DeleteFunc(left, func(_ string, value any) bool { return jsonvalue.IsEmpty(value) })
	return &reader{c, path, left}
}

func (r *reader) at(name string) string { return papi.JoinPath(r.path, name) }

// take returns the value of a field, nil where there is none.
func (r *reader) take(name string) any {
	value := r.left[name]
	delete(r.left, name)
	return value
}

// object returns a reader of an object in a field. Any other value is left for a note.
func (r *reader) object(name string) *reader {
	object, ok := r.left[name].(map[string]any)
	if ok {
		delete(r.left, name)
	}
	return r.c.reader(r.at(name), object)
}

// list returns the objects of a list in a field, which may be a text with JSON, each with
// a reader; any other item has a note.
func (r *reader) list(name string) []*reader {
	value := r.left[name]
	if text, ok := value.(string); ok {
		value, _ = jsonvalue.Decode([]byte(text))
	}
	items, ok := value.([]any)
	if !ok {
		return nil
	}
	delete(r.left, name)
	var all []*reader
	for i, item := range items {
		path := fmt.Sprintf("%s[%d]", r.at(name), i)
		if object, ok := item.(map[string]any); ok {
			all = append(all, r.c.reader(path, object))
		} else {
			r.c.note(path, "left out: it is %s, not an object", papi.TypeName(item))
		}
	}
	return all
}

// word returns a word in upper case, "" where there is none.
func (r *reader) word(name string) string {
	text, _ := r.take(name).(string)
	return strings.ToUpper(strings.TrimSpace(text))
}

// into adds the fields of a table to an object.
func (r *reader) into(out map[string]any, fields []field) {
	for _, f := range fields {
		if r.left[f.meta] == nil {
			continue
		}
		switch f.form {
		case apps:
			var all []any
			for _, app := range r.list(f.meta) {
				one := map[string]any{}
				app.into(one, appFields)
				app.rest("supported_apps")
				all = append(all, one)
			}
			if all != nil {
				out[f.ours] = all
			}
		default:
			out[f.ours] = f.form.of(r.take(f.meta))
		}
	}
}

// of returns a value in the form that it has here.
func (f form) of(value any) any {
	switch text := jsonvalue.Text(value, ""); {
	case f == word && text != "":
		return strings.ToUpper(text)
	case f == number && text != "":
		return text
	case f == samples && text != "":
		return []any{text}
	case f == samples:
		return scalars(value)
	}
	return value
}

// scalars returns the texts of a list, in which numbers are texts; another value as it is.
func scalars(value any) any {
	list, ok := value.([]any)
	if !ok {
		return value
	}
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = item
		if text := jsonvalue.Text(item, ""); text != "" {
			out[i] = text
		}
	}
	return out
}

// rest adds a note for each field that was not read.
func (r *reader) rest(kind string) {
	for _, name := range slices.Sorted(maps.Keys(r.left)) {
		why, ok := leftOut[strings.TrimPrefix(kind+"."+name, ".")]
		if want := structures[name]; !ok && want != "" {
			why, ok = fmt.Sprintf("it is %s, not %s", papi.TypeName(r.left[name]), want), true
		}
		if !ok {
			why = noField
		}
		r.c.note(r.at(name), "left out: %s", why)
	}
}

func (c *conversion) template(r *reader) map[string]any {
	out, details := map[string]any{}, map[string]any{}
	out["name"] = c.required(r, "name")
	out["language"] = c.language(r)
	out["category"] = c.category(r)
	c.isAuthentication = out["category"] == authentication
	r.into(out, []field{{"allow_category_change", "allowCategoryChange", asIs}})
	r.into(details, []field{{"message_send_ttl_seconds", "messageSendTtlSeconds", asIs}})
	if bid := r.object("bid_spec"); len(bid.left) > 0 {
		optimization := map[string]any{}
		bid.into(optimization, bidFields)
		bid.rest("bid_spec")
		details["optimization"] = optimization
	}
	r.take("parameter_format") // what the texts show
	details["components"] = c.components(r)
	switch {
	case r.left["components"] != nil:
		c.wrong = append(c.wrong, papi.Violation{Path: "components", Given: papi.TypeName(r.take("components")), Allowed: structures["components"]})
	case r.left["library_template_name"] != nil && len(details["components"].([]any)) == 0:
		c.wrong = append(c.wrong, papi.Violation{Path: "components", Allowed: "required: the Provisioning API has no template library. Create the template at Meta, and take what a GET of it shows"})
	}
	r.rest("")
	out["details"] = details
	return out
}

// required returns a field, which must be there.
func (c *conversion) required(r *reader, name string) any {
	value := r.take(name)
	if value == nil {
		c.wrong = append(c.wrong, papi.Violation{Path: name, Allowed: "required"})
	}
	return value
}

func (c *conversion) category(r *reader) any {
	given := c.required(r, "category")
	text, _ := given.(string)
	category, known := strings.ToUpper(text), input().Properties["category"].Resolve().EnumTexts()
	switch {
	case given == nil || slices.Contains(known, category):
	case oldCategories[category] != "":
		c.note("category", "%s is an old category of Meta's, and became %s", category, oldCategories[category])
		return oldCategories[category]
	default:
		c.wrong = append(c.wrong, papi.Violation{Path: "category", Given: given, Allowed: known, Nearest: papi.Nearest(text, known)})
	}
	return category
}

// language returns a language of the contract for a code of Meta's: pt_BR is PT_BR. A
// region that the API does not have becomes the language itself, with a note.
func (c *conversion) language(r *reader) any {
	if _, isObject := r.left["language"].(map[string]any); isObject { // that of a message
		code := r.object("language")
		r.left["language"] = code.take("code")
		code.rest("language")
	}
	given := c.required(r, "language")
	text, _ := given.(string)
	schema := input().Properties["language"]
	known := schema.Resolve().EnumTexts()
	if code := strings.ToUpper(strings.ReplaceAll(text, "-", "_")); given == nil || slices.Contains(known, code) {
		return code
	}
	violation := papi.Violation{Path: "language", Given: given, Allowed: "a language of the Provisioning API, such as EN, EN_US or PT_BR: schema_get of whatsapp_template_create, path language, lists them"}
	for _, found := range schema.Violations(given, papi.CheckOptions{}) {
		switch nearest := found.Nearest; {
		case strings.Contains(nearest, ","):
			violation.Allowed = "one of " + nearest + ": which one it is must be known"
		case nearest != "" && strings.HasPrefix(strings.ToUpper(text), nearest+"_"):
			c.note("language", "the Provisioning API has no %s: %s is used", text, nearest)
			return nearest
		default:
			violation.Nearest = nearest
		}
	}
	c.wrong = append(c.wrong, violation)
	return nil
}

// components returns the components in a field components.
func (c *conversion) components(r *reader) []any {
	out := []any{}
	for _, component := range r.list("components") {
		if one := c.component(component); one != nil {
			out = append(out, one)
		}
	}
	return out
}

// component returns nil where nothing of a component has a counterpart.
func (c *conversion) component(r *reader) map[string]any {
	kind := r.word("type")
	fields, known := componentFields[kind]
	if !known {
		c.unknown(r.path, "component", kind)
		return nil
	}
	out := map[string]any{"type": kind}
	switch kind {
	case "HEADER":
		if !c.header(r, out) {
			return nil
		}
	case "BODY":
		c.body(r, out)
	case "FOOTER":
		if c.isAuthentication && r.take("text") != nil {
			c.note(r.at("text"), "left out: Meta writes it; codeExpirationMinutes says how long the code is valid")
		}
	case "LIMITED_TIME_OFFER":
		offer := r.object("limited_time_offer")
		offer.into(out, fields)
		offer.rest(kind)
		fields = nil
	case "BUTTONS":
		all := []any{}
		for _, button := range r.list("buttons") {
			if one := c.button(button); one != nil {
				all = append(all, one)
			}
		}
		if len(all) == 0 {
			r.rest(kind)
			return nil
		}
		out["buttons"] = all
	case "CAROUSEL":
		cards := []any{}
		for _, card := range r.list("cards") {
			cards = append(cards, map[string]any{"components": c.components(card)})
			card.rest("card")
		}
		out["cards"] = cards
	}
	r.into(out, fields)
	r.rest(kind)
	if kind == "FOOTER" && c.isAuthentication && len(out) == 1 { // it had only Meta's text
		return nil
	}
	return out
}

// unknown adds the note for a component or a button of a type that the API does not have.
func (c *conversion) unknown(path, what, kind string) {
	if kind == "" {
		c.note(path, "left out: a %s needs a type", what)
		return
	}
	c.note(path, "left out: the Provisioning API has no %s of type %s", what, papi.Quoted(kind, 40))
}

// header reports whether the API has a header of its format.
func (c *conversion) header(r *reader, out map[string]any) bool {
	format := r.word("format")
	if format != "" {
		out["format"] = format
	}
	switch {
	case format == "TEXT", format == "": // which the contract requires
		c.text(r, out, "header_text")
	case format == "LOCATION":
	case slices.Contains(mediaFormats, format):
		c.media(r, out)
	default:
		c.note(r.path, "left out: the Provisioning API has no header of format %s", papi.Quoted(format, 40))
		return false
	}
	return true
}

// media reads the example of a header with a file: Meta's JSON has the handle of an
// upload, or a URL of its own in an answer.
func (c *conversion) media(r *reader, out map[string]any) {
	example := r.object("example")
	var files []any
	for _, name := range []string{"header_handle", "header_url"} {
		values, ok := samples.of(example.take(name)).([]any)
		if !ok {
			continue
		}
		for i, value := range values {
			path := fmt.Sprintf("%s[%d]", example.at(name), i)
			address, _ := value.(string)
			u, err := url.Parse(address)
			if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
				c.note(path, "left out: it names an upload at Meta, and the Provisioning API fetches the file: give its public URL as examples: [{url}] of the header")
				continue
			}
			if isMetas(u.Hostname()) {
				c.note(path, "a link of Meta's, which expires: a public URL of your own is safer")
			}
			files = append(files, map[string]any{"url": address})
		}
	}
	if files != nil {
		out["examples"] = files
	}
	example.rest("HEADER")
}

// isMetas reports whether Meta hosts the files of templates there.
func isMetas(host string) bool {
	host = "." + strings.ToLower(host)
	return strings.HasSuffix(host, ".whatsapp.net") || strings.HasSuffix(host, ".fbcdn.net") || strings.HasSuffix(host, ".fbsbx.com")
}

func (c *conversion) body(r *reader, out map[string]any) {
	if !c.isAuthentication {
		c.text(r, out, "body_text")
		return
	}
	for _, name := range []string{"text", "example"} {
		if r.take(name) != nil {
			c.note(r.at(name), "left out: Meta writes the body of an AUTHENTICATION template")
		}
	}
}

// button returns nil where the API has no such button.
func (c *conversion) button(r *reader) map[string]any {
	kind := r.word("type")
	if kind == "URL" {
		kind = c.codeButton(r)
	}
	fields, known := buttonFields[kind]
	switch {
	case !known:
		c.unknown(r.path, "button", kind)
		return nil
	case kind == "OTP" && strings.EqualFold(jsonvalue.Text(r.left, "otp_type"), "NO_BUTTONS"):
		c.note(r.path, "left out: the Provisioning API has no otp_type NO_BUTTONS")
		return nil
	}
	out := map[string]any{"type": kind}
	r.into(out, fields)
	switch {
	case kind == "URL":
		c.link(r, out)
	case kind == "FLOW" && out["flowAction"] == nil:
		c.note(r.at("flow_action"), "NAVIGATE, which is Meta's default")
		out["flowAction"] = "NAVIGATE"
	case kind == "OTP" && out["text"] == nil:
		c.note(r.at("text"), "Meta has a label of its own in each language; the Provisioning API needs one as text")
	}
	r.rest(kind)
	return out
}

// codeButton returns the type of a URL button: Meta's answers have an OTP button as one
// with a link of WhatsApp's, whose query has the fields of the button.
func (c *conversion) codeButton(r *reader) string {
	u, err := url.Parse(jsonvalue.Text(r.left, "url"))
	if err != nil {
		u = &url.URL{}
	}
	isLink := strings.HasSuffix("."+strings.ToLower(u.Hostname()), ".whatsapp.com") && strings.HasPrefix(u.Path, "/otp/")
	if !isLink && r.left["otp_type"] == nil {
		return "URL"
	}
	r.take("url")
	r.take("example")
	c.note(r.path, "an OTP button, which Meta's answers have as a link")
	if isLink {
		r.fromLink(u.Query())
	}
	return "OTP"
}

// fromLink adds the fields of an OTP button that are only in the query of its link.
func (r *reader) fromLink(query url.Values) {
	add := func(name string, value any) {
		if r.left[name] == nil && !jsonvalue.IsEmpty(value) {
			r.left[name] = value
		}
	}
	add("otp_type", query.Get("otp_type"))
	add("autofill_text", query.Get("cta_display_name"))
	if r.left["zero_tap_terms_accepted"] == nil && strings.EqualFold(jsonvalue.Text(r.left, "otp_type"), "ZERO_TAP") {
		r.c.note(r.at("zero_tap_terms_accepted"), "Meta's answers do not have it: set zeroTapTermsAccepted once the terms are accepted")
	}
	if r.left["package_name"] != nil || query.Get("package_name") == "" {
		return
	}
	var all []any
	hashes := strings.Split(query.Get("signature_hash"), ",")
	for i, name := range strings.Split(query.Get("package_name"), ",") {
		app := map[string]any{"package_name": name}
		if i < len(hashes) {
			app["signature_hash"] = hashes[i]
		}
		all = append(all, app)
	}
	add("supported_apps", all)
}
