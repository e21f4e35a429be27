package web

// Page is a part of a list.
type Page[T any] struct {
	Items []T     `json:"items" nullable:"false"`
	Next  *string `json:"next" doc:"The cursor of the next page; null on the last one"`
}

// PageOf makes a page of at most limit items. The list has one item more than that if there is a next page.
func PageOf[From, To any](found []From, limit int, view func(From) To, after func(last From) string) Page[To] {
	p := Page[To]{Items: make([]To, 0, limit)}
	if len(found) > limit {
		found = found[:limit]
		next := after(found[limit-1])
		p.Next = &next
	}
	for _, f := range found {
		p.Items = append(p.Items, view(f))
	}
	return p
}

// PageQuery is what most lists take. It is exported because huma looks into no embedded struct that is not.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
}
