package plan

// Export writes what a project has as a file, in a fixed order and with comments on what
// can't be written. Where it is portable, the ids of the project and of its things are
// left out.
func Export(projectID string, items []*Item, portable bool) []byte { panic("not yet") }
