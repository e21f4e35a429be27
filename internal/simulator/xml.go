package simulator

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// element is one child of a callback's root.
type element struct {
	name  string
	value string
	bare  bool      // a number, without CDATA
	inner []element // instead of a value
}

func cdata(name, value string) element { return element{name: name, value: value} }
func bare(name, value string) element  { return element{name: name, value: value, bare: true} }

func nested(name string, inner ...element) element { return element{name: name, inner: inner} }

func (e element) String() string {
	value := e.value
	if len(e.inner) > 0 {
		for _, child := range e.inner {
			value += child.String()
		}
		return "<" + e.name + ">" + value + "</" + e.name + ">"
	}
	if !e.bare {
		value = "<![CDATA[" + strings.ReplaceAll(value, "]]>", "]]]]><![CDATA[>") + "]]>"
	}
	return "<" + e.name + ">" + value + "</" + e.name + ">"
}

func document(children ...element) string {
	var b strings.Builder
	b.WriteString("<xml>")
	for _, c := range children {
		b.WriteString(c.String())
		b.WriteByte('\n')
	}
	b.WriteString("</xml>")
	return b.String()
}

// node is an element of an answer under judgement.
type node struct {
	name     string
	text     string
	children []node
}

// maxDepth is more than any reply needs: xml, Articles, item, Title.
const maxDepth = 5

// parseAnswer reads one document whose root is xml and nothing beside it. WeChat is known to mind bytes before the root; what is
// not known, it is assumed to mind as well: bytes behind the root, attributes, comments, instructions, a DOCTYPE.
func parseAnswer(body []byte) (node, error) {
	if !strings.HasPrefix(string(body), "<xml>") {
		return node{}, errors.New("the body does not begin with <xml>")
	}
	d := xml.NewDecoder(strings.NewReader(string(body)))
	start, err := d.Token()
	if err != nil {
		return node{}, errors.New("the body is not XML")
	}
	root, err := parseNode(d, start.(xml.StartElement), 1)
	if err != nil {
		return node{}, err
	}
	if d.InputOffset() != int64(len(body)) {
		return node{}, errors.New("bytes follow </xml>")
	}
	return root, nil
}

func parseNode(d *xml.Decoder, start xml.StartElement, depth int) (node, error) {
	n := node{name: start.Name.Local}
	if depth > maxDepth {
		return n, errors.New("elements are nested too deeply")
	}
	if len(start.Attr) > 0 || start.Name.Space != "" {
		return n, errors.New("an element has an attribute or a namespace")
	}
	var text strings.Builder
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) || err != nil {
			return n, errors.New("the body is not XML")
		}
		switch t := t.(type) {
		case xml.StartElement:
			child, err := parseNode(d, t, depth+1)
			if err != nil {
				return n, err
			}
			n.children = append(n.children, child)
		case xml.EndElement:
			n.text = text.String()
			return n, n.checkMixed()
		case xml.CharData:
			text.Write(t)
		default:
			return n, errors.New("the body holds a comment, an instruction or a DOCTYPE")
		}
	}
}

func (n node) checkMixed() error {
	if len(n.children) > 0 && strings.TrimSpace(n.text) != "" {
		return errors.New("text stands between elements")
	}
	return nil
}

// only gives the one child of a name. More than one is an error, none is an empty node.
func (n node) only(name string) (node, error) {
	var found []node
	for _, c := range n.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		return node{}, fmt.Errorf("%s stands there %d times", name, len(found))
	}
	if len(found) == 0 {
		return node{}, nil
	}
	return found[0], nil
}

// need gives the text of the one child of a name, which must not be empty.
func (n node) need(name string) (string, error) {
	c, err := n.only(name)
	if err != nil {
		return "", err
	}
	if c.text == "" || len(c.children) > 0 {
		return "", fmt.Errorf("%s is missing or empty", name)
	}
	return c.text, nil
}
