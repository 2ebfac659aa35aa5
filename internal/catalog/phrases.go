package catalog

// phrases are what users say who need a tool, by its name.
var phrases = map[string][]string{}
