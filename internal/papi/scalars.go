package papi

// MapScalars returns a copy of a JSON value in which edit has replaced each
// text, number, boolean and null, at any depth.
func MapScalars(value any, edit func(any) any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[name] = MapScalars(field, edit)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = MapScalars(item, edit)
		}
		return list
	}
	return edit(value)
}
