package envelope

import "fmt"

// Node is an element of a reply that is judged.
type Node struct {
	Name     string
	Text     string
	Children []Node
}

// Only returns the one child of a name. More than one is an error, none is an empty node.
func (n Node) Only(name string) (Node, error) {
	var found []Node
	for _, c := range n.Children {
		if c.Name == name {
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		return Node{}, fmt.Errorf("%s stands there %d times", name, len(found))
	}
	if len(found) == 0 {
		return Node{}, nil
	}
	return found[0], nil
}

// Need returns the text of the one child of a name, which must not be empty.
func (n Node) Need(name string) (string, error) {
	c, err := n.Only(name)
	if err != nil {
		return "", err
	}
	if c.Text == "" || len(c.Children) > 0 {
		return "", fmt.Errorf("%s is missing or empty", name)
	}
	return c.Text, nil
}

// First returns the text of the first child of a name, or nothing.
func (n Node) First(name string) string {
	for _, c := range n.Children {
		if c.Name == name {
			return c.Text
		}
	}
	return ""
}

// Fields returns the texts of all children that have a text and no children, by name.
func (n Node) Fields() map[string]string {
	fields := map[string]string{}
	for _, c := range n.Children {
		if len(c.Children) == 0 && c.Text != "" {
			fields[c.Name] = c.Text
		}
	}
	return fields
}
