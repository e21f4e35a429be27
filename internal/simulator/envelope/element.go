package envelope

import "strings"

// Element is one child of a callback's root.
type Element struct {
	Name  string
	value string
	bare  bool      // a number, without CDATA
	inner []Element // instead of a value
}

// CDATA makes an element with a text.
func CDATA(name, value string) Element { return Element{Name: name, value: value} }

// Bare makes an element with a number, which WeChat writes without CDATA.
func Bare(name, value string) Element { return Element{Name: name, value: value, bare: true} }

// Nested makes an element of elements.
func Nested(name string, inner ...Element) Element { return Element{Name: name, inner: inner} }

// String writes the element as captures of real callbacks have it: strings in CDATA, numbers bare.
func (e Element) String() string {
	return "<" + e.Name + ">" + e.content() + "</" + e.Name + ">"
}

func (e Element) content() string {
	var inner strings.Builder
	for _, child := range e.inner {
		inner.WriteString(child.String())
	}
	switch {
	case len(e.inner) > 0:
		return inner.String()
	case e.bare:
		return e.value
	}
	return "<![CDATA[" + strings.ReplaceAll(e.value, "]]>", "]]]]><![CDATA[>") + "]]>"
}

// Collect puts the values of the element and of those within it into fields, by name. Empty values are left out.
func (e Element) Collect(fields map[string]string) {
	if e.value != "" {
		fields[e.Name] = e.value
	}
	for _, child := range e.inner {
		child.Collect(fields)
	}
}

// Document writes the root with its children, one per line.
func Document(children ...Element) string {
	var b strings.Builder
	b.WriteString("<xml>")
	for _, c := range children {
		b.WriteString(c.String())
		b.WriteByte('\n')
	}
	b.WriteString("</xml>")
	return b.String()
}
