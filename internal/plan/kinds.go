package plan

import "papi-mcp/internal/catalog"

// Kind is a kind of item: all that the rest of the package knows of it.
type Kind struct {
	// Name is its key in the file: whatsappTemplates. Title is what people call one.
	Name, Title string
	Resource    *catalog.Resource
	// Identity are the fields that identify an item, in the order of its key.
	Identity []string
	// Create, Update and Delete are the tools; "" where there is none.
	Create, Update, Delete string
}

// Kinds are all kinds, in the order in which they are applied.
var Kinds []*Kind
