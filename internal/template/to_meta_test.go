package template

import (
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// toMeta is the inverse of FromMeta, as far as Meta's JSON has what the arguments have.
func toMeta(args obj) obj {
	out := obj{"name": args["name"], "category": args["category"], "components": toComponents(jsonvalue.Object(args, "details"))}
	language, region, hasRegion := strings.Cut(jsonvalue.Text(args, "language"), "_")
	out["language"] = strings.ToLower(language)
	if hasRegion {
		out["language"] = strings.ToLower(language) + "_" + region
	}
	back(out, args, []field{{"allow_category_change", "allowCategoryChange", asIs}})
	back(out, jsonvalue.Object(args, "details"), []field{{"message_send_ttl_seconds", "messageSendTtlSeconds", asIs}})
	if bid := jsonvalue.Object(args, "details.optimization"); bid != nil {
		spec := obj{}
		back(spec, bid, bidFields)
		out["bid_spec"] = spec
	}
	return out
}

// back adds the fields of a table to an object of Meta's.
func back(out, args obj, fields []field) {
	for _, f := range fields {
		value := args[f.ours]
		switch {
		case value == nil:
			continue
		case f.form == apps:
			var all list
			for _, app := range jsonvalue.Objects(args, f.ours) {
				one := obj{}
				back(one, app, appFields)
				all = append(all, one)
			}
			value = all
		}
		out[f.meta] = value
	}
}

func toComponents(holder obj) list {
	all := list{}
	for _, component := range jsonvalue.Objects(holder, "components") {
		kind := jsonvalue.Text(component, "type")
		out := obj{"type": kind}
		switch kind {
		case "HEADER":
			out["format"] = component["format"]
			examples := jsonvalue.List(component, "examples")
			switch {
			case component["format"] == "TEXT":
				withText(out, component, "header_text", examples)
			case len(examples) > 0:
				var urls list
				for _, example := range jsonvalue.Objects(component, "examples") {
					urls = append(urls, example["url"])
				}
				out["example"] = obj{"header_handle": urls}
			}
		case "BODY":
			if examples := jsonvalue.List(component, "examples"); examples != nil {
				withText(out, component, "body_text", list{examples})
			} else {
				withText(out, component, "", nil)
			}
		case "LIMITED_TIME_OFFER":
			offer := obj{}
			back(offer, component, componentFields[kind])
			all = append(all, obj{"type": kind, "limited_time_offer": offer})
			continue
		case "BUTTONS":
			var buttons list
			for _, button := range jsonvalue.Objects(component, "buttons") {
				one := obj{"type": button["type"]}
				back(one, button, buttonFields[jsonvalue.Text(button, "type")])
				buttons = append(buttons, one)
			}
			out["buttons"] = buttons
		case "CAROUSEL":
			var cards list
			for _, card := range jsonvalue.Objects(component, "cards") {
				cards = append(cards, obj{"components": toComponents(card)})
			}
			out["cards"] = cards
		}
		back(out, component, componentFields[kind])
		all = append(all, out)
	}
	return all
}

func withText(out, component obj, key string, examples list) {
	if text := component["text"]; text != nil {
		out["text"] = text
	}
	if len(examples) > 0 {
		out["example"] = obj{key: examples}
	}
}

// inLowerCase returns a template of Meta's with the words in lower case, as its
// documentation writes them.
func inLowerCase(template obj) obj {
	words := []string{"type", "format", "category", "otp_type", "flow_action"}
	return jsonvalue.Map(template, func(name string, value any) (any, bool) {
		if text, ok := value.(string); ok && slices.Contains(words, name) {
			return strings.ToLower(text), true
		}
		return nil, false
	}).(obj)
}
