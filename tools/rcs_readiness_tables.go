package tools

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
)

// valueTables shows values of a sender, or of one that does not exist yet, with their
// questions.
type valueTables struct {
	texts        map[string]question
	isNew, fixed bool
}

// table shows the values of a part. What is fixed needs no text any more, nor does a given
// value of the brand, and an answer no suggestions.
func (t *valueTables) table(part string, values []lint.LaunchValue) *Table {
	items := make([]any, len(values))
	for i := range values {
		items[i] = &values[i]
	}
	b := newTableBuilder(items, 5)
	column := func(name string, of func(v *lint.LaunchValue) any) {
		b.add(name, func(item any) any { return of(item.(*lint.LaunchValue)) }, false)
	}
	column("name", func(v *lint.LaunchValue) any {
		if v.Path == lint.ContactPath {
			return "phones or emails"
		}
		return v.Path[strings.LastIndexByte(v.Path, '.')+1:]
	})
	column("need", func(v *lint.LaunchValue) any {
		need := string(v.Need)
		if v.Need == lint.NeedAsked { // the API decides
			need = string(lint.NeedAdvised)
		}
		if v.When != "" {
			need += " if " + v.When
		}
		return need
	})
	if !t.isNew {
		column("given", func(v *lint.LaunchValue) any { return v.Given })
	}
	column("about", func(v *lint.LaunchValue) any {
		if v.Given && (t.fixed || part == "brand") {
			return nil
		}
		return orNil(papi.Truncate(t.about(v), maxQuestion))
	})
	column("suggested", func(v *lint.LaunchValue) any {
		if v.Given || t.fixed {
			return nil
		}
		return orNil(papi.Truncate(t.texts[v.Path].suggested, maxQuestion))
	})
	table := b.table()
	return &table
}

// maxQuestion bounds a question, and the answers that it suggests.
const maxQuestion = 600

// about is the question, or what the contract says of a value, and why it is advised.
func (t *valueTables) about(v *lint.LaunchValue) string {
	said := strings.Split(cmp.Or(t.texts[v.Path].text, v.About), "; ")
	about := strings.Join(slices.DeleteFunc(said, needClause.MatchString), "; ")
	if size := imageSize.FindStringSubmatch(about); size != nil {
		about += ", aspect ratio " + aspectRatio(size[1], size[2])
	}
	if v.Why != "" && !v.Given {
		about = strings.TrimPrefix(about+"; "+v.Why, "; ")
	}
	return about
}

// needClause is how the contract says what the column need says, and imageSize how it
// says the size of an image.
var (
	needClause = lazyregexp.New(`^(optional (at|on) create, )?needed (at|to) launch|^each '.*' only once$|^checked when `)
	imageSize  = lazyregexp.New(`exactly (\d+) x (\d+) px`)
)

// aspectRatio is that of an image in whole numbers: 45:14.
func aspectRatio(width, height string) string {
	w, _ := strconv.Atoi(width)
	h, _ := strconv.Atoi(height)
	divisor, rest := w, h
	for rest != 0 {
		divisor, rest = rest, divisor%rest
	}
	return fmt.Sprintf("%d:%d", w/max(divisor, 1), h/max(divisor, 1))
}

// operatorTable has a row for the operators of a country that decided the same, and one
// for a country of which nothing is known.
func operatorTable(sender map[string]any, countries []string) *Table {
	type decided struct {
		country, is, status, remark string
		names                       []string
	}
	var all []*decided
	known := map[string]bool{}
	for _, country := range jsonvalue.Objects(sender, "countryStatus") {
		code := jsonvalue.Text(country, "country")
		known[code] = true
		before := len(all)
		for _, operator := range jsonvalue.Objects(country, "operators") {
			one := &decided{country: code, status: jsonvalue.Text(operator, "status"), remark: jsonvalue.Text(operator, "remark")}
			same := slices.IndexFunc(all[before:], func(d *decided) bool { return d.status == one.status && d.remark == one.remark })
			if same < 0 {
				all, same = append(all, one), len(all)-before
			}
			found := all[before+same]
			found.names = append(found.names, jsonvalue.Text(operator, "name"))
		}
		if len(all) == before {
			all = append(all, &decided{country: code, status: jsonvalue.Text(country, "status")})
		}
	}
	for _, country := range countries {
		if !known[country] {
			all = append(all, &decided{country: country, status: catalog.RcsNotLaunched})
		}
	}
	items := make([]any, len(all))
	for i, one := range all {
		one.is, items[i] = catalog.RcsOperatorIs(one.status), one
	}
	b := newTableBuilder(items, 5)
	column := func(name string, of func(d *decided) string) {
		b.add(name, func(item any) any { return orNil(of(item.(*decided))) }, false)
	}
	column("country", func(d *decided) string { return d.country })
	column("is", func(d *decided) string { return d.is })
	column("operators", func(d *decided) string { return strings.Join(d.names, ", ") })
	column("status", func(d *decided) string { return d.status })
	column("remark", func(d *decided) string { return papi.Truncate(d.remark, maxQuestion) })
	table := b.table()
	return &table
}
