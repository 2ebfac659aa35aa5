package catalog

// Column is a column of the table that shows a list: what it is called, and the
// path of its values within an item. A column that holds an id is called as the
// argument of the next call is.
type Column struct {
	Name string
	Path string // with | between paths of which the first that has a value counts
	// Show returns what the column shows of the value, which is not nil; nil shows
	// the value itself.
	Show func(value any) any
	// Count is the name under which the items are counted by the column's values; ""
	// where they are not.
	Count string
}

// These columns of a thing with states show what its results show: what is pending,
// PART=STATUS of a part that is under review included, and the parts that were
// refused.
const (
	PendingColumn = "pending"
	RefusedColumn = "refused"
)
