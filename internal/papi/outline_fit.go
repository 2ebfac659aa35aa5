package papi

import "slices"

// noteOutlines and lineOutlines are the ways to write an outline, the one that says most
// first: over many lines, where properties may have notes, and in one line.
var (
	noteOutlines = []OutlineOptions{
		{Notes: true, Meanings: true},
		{Notes: true, Meanings: true, Values: 60},
		{Notes: true, Meanings: true, Values: maxShown},
		{Notes: true, Values: maxShown},
		{Notes: true, Values: maxShown, NoteLevels: 3},
		{Notes: true, Values: maxShown, NoteLevels: 2},
		{Notes: true, Values: maxShown, Depth: 4},
		{Notes: true, Values: maxShown, Depth: 3},
		{Notes: true, Values: maxShown, NoteLevels: 1},
		{Notes: true, Values: maxShown, Depth: 2},
		{Notes: true, Values: maxShown, Depth: 1},
		{Values: maxShown},
	}
	lineOutlines = []OutlineOptions{
		{Values: maxShown, Depth: 3},
		{Values: maxShown, Depth: 2},
		{Values: minShown, Depth: 2},
		{Values: maxShown, Depth: 1},
		{Values: minShown, Depth: 1},
	}
)

// OutlineWithin returns the most detailed outline of the part at a path, in the form of
// [Schema.OutlineAt], for which fits reports true; if there is none, the least detailed.
// Without notes the outline has one line and at most three levels of objects.
func (s *Schema) OutlineWithin(path string, notes bool, fits func(outline string, opts OutlineOptions) bool) string {
	ways := lineOutlines
	if notes {
		ways = slices.Concat(noteOutlines, lineOutlines)
	}
	outline := ""
	for _, opts := range ways {
		if outline = s.OutlineAt(path, opts); fits(outline, opts) {
			break
		}
	}
	return outline
}
