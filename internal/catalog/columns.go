package catalog

// Column is a column of the table that shows a list: what it is called, and the
// path of its values within an item. A column that holds an id is called as the
// argument of the next call is.
type Column struct{ Name, Path string }

// columns has the columns of each list by its tool.
var columns = map[string][]Column{}

// answers has what the result of each write shows, by its tool.
var answers = map[string]struct {
	done string
	keep []string
}{}
