package envelope

import (
	"encoding/xml"
	"errors"
	"strings"
)

// maxDepth is more than any reply needs: xml, Articles, item, Title.
const maxDepth = 5

// Parse reads one document whose root is xml and nothing beside it. WeChat is known to refuse bytes before the root. What is not known,
// it is assumed to refuse as well: bytes behind the root, attributes, comments, instructions, a DOCTYPE.
func Parse(body []byte) (Node, error) {
	if !strings.HasPrefix(string(body), "<xml>") {
		return Node{}, errors.New("the body does not begin with <xml>")
	}
	d := xml.NewDecoder(strings.NewReader(string(body)))
	start, err := d.Token()
	if err != nil {
		return Node{}, errors.New("the body is not XML")
	}
	root, err := parseNode(d, start.(xml.StartElement), 1)
	if err != nil {
		return Node{}, err
	}
	if d.InputOffset() != int64(len(body)) {
		return Node{}, errors.New("bytes follow </xml>")
	}
	return root, nil
}

func parseNode(d *xml.Decoder, start xml.StartElement, depth int) (Node, error) {
	n := Node{Name: start.Name.Local}
	if depth > maxDepth {
		return n, errors.New("elements are nested too deeply")
	}
	if len(start.Attr) > 0 || start.Name.Space != "" {
		return n, errors.New("an element has an attribute or a namespace")
	}
	if err := n.readContent(d, depth); err != nil {
		return n, err
	}
	return n, n.checkMixed()
}

// readContent reads up to the end of the element that has begun.
func (n *Node) readContent(d *xml.Decoder, depth int) error {
	for {
		t, err := d.Token()
		if err != nil {
			return errors.New("the body is not XML")
		}
		switch t := t.(type) {
		case xml.EndElement:
			return nil
		case xml.CharData:
			n.Text += string(t)
		case xml.StartElement:
			child, err := parseNode(d, t, depth+1)
			if err != nil {
				return err
			}
			n.Children = append(n.Children, child)
		default:
			return errors.New("the body holds a comment, an instruction or a DOCTYPE")
		}
	}
}

func (n *Node) checkMixed() error {
	if len(n.Children) > 0 && strings.TrimSpace(n.Text) != "" {
		return errors.New("text stands between elements")
	}
	return nil
}
