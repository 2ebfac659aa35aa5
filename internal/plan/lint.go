package plan

// Check returns what lint finds in the templates of a document, and what a launch of its
// RCS senders lacks, by the file alone.
func Check(d *Document) []Note { panic("not yet") }
