package plan

// Reveal returns the arguments of a call with the values of secrets in place of the
// references to them. Only the fields that may hold one (Kind.Secret) are looked at. The
// error names the variable that is not set, and never has a value.
func (o Options) Reveal(tool string, arguments map[string]any) (map[string]any, error) {
	panic("not yet")
}

// For returns the document for another project: without the ids of things, which are
// those of its own.
func (d *Document) For(projectID string) *Document { panic("not yet") }
