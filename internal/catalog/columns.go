package catalog

// Column is a column of the table that shows a list: what it is called, and the
// path of its values within an item. A column that holds an id is called as the
// argument of the next call is.
type Column struct {
	Name string
	Path string // with | between paths of which the first that has a value counts
	// From is where the values come from. What is pending or was refused is what the
	// result of the item's own read shows of it, by the resource of the list.
	From Source
	// Show returns what the column shows of the value, which is not nil; nil shows
	// the value itself.
	Show func(value any) any
	// Count is the name under which the items are counted by the column's values; ""
	// where they are not.
	Count string
}

// Source is where a column takes its values from.
type Source int

// The sources.
const (
	FromPath    Source = iota // the item, at the path
	FromPending               // what is pending, PART=STATUS of a part that is under review included
	FromRefused               // the parts that were refused
)
