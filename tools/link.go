package tools

import (
	"papi-mcp/guides"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// Link is a resource that helps with an outcome.
type Link struct{ URI, Name, Description string }

// The beginnings of the resources' URIs.
const (
	ErrorsURI = "papi://errors/"
	GuidesURI = guides.URI
)

// linkFor is the one resource that helps after an outcome, nil where none does:
// the page of an error that the API answered, the guide where a rule refused, or
// where a thing failed or was refused.
func linkFor(row *catalog.Row, outcome any) *Link {
	switch o := outcome.(type) {
	case *Error:
		switch {
		case o.Status != 0 && papi.ErrorCodes()[o.Code] != nil:
			return &Link{errorURI(o.Code, row.Toolset), o.Code, "what this error means here, and what to do"}
		case ruleOf(o.Code) != nil:
			return guideFor(row)
		}
		// Other errors of ours say all that their page does, but for what the
		// server's operator has to do.
		if own, _ := errorcode.Lookup(o.Code); own.Origin == errorcode.Guard || own.Origin == errorcode.Audit {
			return &Link{ErrorsURI + o.Code, o.Code, "what this error means, and what to do"}
		}
	case *Result:
		if row.Class(o.State, "") == catalog.Failure || row.Class("", o.Pending) == catalog.Failure {
			return guideFor(row)
		}
	}
	return nil
}

func guideFor(row *catalog.Row) *Link {
	g := guides.Lookup(guides.OfTool(row.Toolset))
	if g == nil {
		return nil
	}
	if row.Resource != nil {
		if s := g.SectionWithStates(row.Resource.Name); s != nil {
			return &Link{s.URI(), g.Title + ": " + s.Title, g.Description}
		}
	}
	return &Link{g.URI(), g.Title, g.Description}
}
