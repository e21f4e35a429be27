package platform

import (
	"strings"

	"wxdesk/internal/simulator/state"
)

func (m customReader) readNews() (state.Item, *APIError) {
	if len(m.News.Articles) == 0 {
		return state.Item{}, refuse(codeEmptyArticle)
	}
	if len(m.News.Articles) > 1 {
		return state.Item{}, refuse(codeTooManyArticles)
	}
	a := m.News.Articles[0]
	if a.Title == "" {
		return state.Item{}, refuse(codeEmptyArticle)
	}
	it := m.item(a.Title, "title", a.Title, "description", a.Description, "url", a.URL, "picurl", a.PicURL)
	it.Articles = []state.Article{{Title: a.Title, Description: a.Description, URL: a.URL, PicURL: a.PicURL}}
	return it, nil
}

func (m customReader) readMenu() (state.Item, *APIError) {
	if m.account.Kind == state.KindSandbox {
		return state.Item{}, refuse(codeWrongAccountKind)
	}
	if len(m.Menu.List) == 0 {
		return state.Item{}, refuse(codeEmptyText)
	}
	choices := &state.Choices{Head: m.Menu.Head, Tail: m.Menu.Tail}
	var fields []string
	lines := []string{m.Menu.Head}
	for _, entry := range m.Menu.List {
		if entry.ID == "" || entry.Content == "" {
			return state.Item{}, refuse(codeEmptyText)
		}
		lines = append(lines, entry.Content)
		fields = append(fields, entry.ID, entry.Content)
		choices.List = append(choices.List, state.Choice{ID: entry.ID, Content: entry.Content})
	}
	it := m.item(strings.Join(append(lines, m.Menu.Tail), "\n"), fields...)
	it.Menu = choices
	return it, nil
}
