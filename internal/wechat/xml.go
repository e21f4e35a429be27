package wechat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strconv"
	"unicode/utf8"
)

// Why a body is not the XML that WeChat writes. These texts hold nothing of the body and stand in quarantine records.
var (
	errNotUTF8       = errors.New("not UTF-8")
	errCharacter     = errors.New("a character that XML forbids")
	errDeclaration   = errors.New("a DOCTYPE, entity declaration or comment")
	errInstruction   = errors.New("a processing instruction or XML declaration")
	errTag           = errors.New("a tag with attributes, a namespace or a broken name")
	errEndTag        = errors.New("an end tag that does not match")
	errDepth         = errors.New("elements nested too deep")
	errMixed         = errors.New("text between elements")
	errOutside       = errors.New("text or elements outside the root")
	errRoot          = errors.New("the root is not <xml>")
	errUnclosed      = errors.New("the document breaks off")
	errReference     = errors.New("an unknown or broken character reference")
	errCDATAEnd      = errors.New("]]> outside CDATA")
	errDoubleElement = errors.New("an element that may stand only once stands twice")
)

const (
	maxDepth       = 8 // the deepest message WeChat sends has 5
	maxNameSize    = 64
	maxReference   = 10 // between & and ;
	cdataStart     = "<![CDATA["
	cdataEnd       = "]]>"
	byteOrderMark  = "\xEF\xBB\xBF"
	rootName       = "xml"
	nonCharacterFE = "\xEF\xBF\xBE" // U+FFFE
	nonCharacterFF = "\xEF\xBF\xBF" // U+FFFF
)

// leaf is an element without child elements.
type leaf struct {
	path       [][]byte // names from the root to the element; valid during the visit
	text       []byte   // its text, part of the document if it was written in one piece
	references bool     // part of the text was written as & … ;
}

// walkXML calls visit for every leaf of a document of the kind that WeChat writes: a root <xml>, elements with plain ASCII
// names and nothing but a name in the tag, text, CDATA, the five predefined entities and numeric character references.
// Everything else that XML allows is refused: declarations, instructions, comments, attributes, namespaces, text beside
// elements. What it takes, encoding/xml takes too and reads the same.
func walkXML(src []byte, visit func(leaf) error) error {
	if err := checkCharacters(src); err != nil {
		return err
	}
	w := walker{src: bytes.TrimPrefix(src, []byte(byteOrderMark)), visit: visit}
	for w.pos < len(w.src) {
		if err := w.step(); err != nil {
			return err
		}
	}
	if w.depth > 0 || !w.finished {
		return errUnclosed
	}
	if !w.blank() {
		return errOutside
	}
	return nil
}

// walker is a walk under way.
type walker struct {
	src   []byte
	pos   int
	visit func(leaf) error

	names    [maxDepth][]byte // of the open elements
	parent   [maxDepth]bool   // whether they have child elements
	depth    int
	finished bool // the root is closed

	text       []byte // since the last tag
	references bool   // in text
}

// step reads one piece of markup or one run of text.
func (w *walker) step() error {
	rest := w.src[w.pos:]
	switch {
	case rest[0] != '<':
		end := bytes.IndexByte(rest, '<')
		if end < 0 {
			end = len(rest)
		}
		w.pos += end
		return w.addText(rest[:end])
	case bytes.HasPrefix(rest, []byte(cdataStart)):
		return w.cdata(rest[len(cdataStart):])
	case bytes.HasPrefix(rest, []byte("</")):
		return w.endTag(rest[len("</"):])
	case bytes.HasPrefix(rest, []byte("<!")):
		return errDeclaration
	case bytes.HasPrefix(rest, []byte("<?")):
		return errInstruction
	}
	return w.startTag(rest[len("<"):])
}

func (w *walker) startTag(rest []byte) error {
	name, rest, err := readName(rest)
	if err != nil {
		return err
	}
	rest, empty := bytes.CutPrefix(rest, []byte("/"))
	if len(rest) == 0 || rest[0] != '>' {
		return errTag
	}
	w.pos = len(w.src) - len(rest) + 1
	if err := w.push(name); err != nil {
		return err
	}
	if empty {
		return w.pop()
	}
	return nil
}

func (w *walker) endTag(rest []byte) error {
	name, rest, err := readName(rest)
	if err != nil {
		return err
	}
	if w.depth == 0 || !bytes.Equal(name, w.names[w.depth-1]) || len(rest) == 0 || rest[0] != '>' {
		return errEndTag
	}
	w.pos = len(w.src) - len(rest) + 1
	return w.pop()
}

func (w *walker) push(name []byte) error {
	switch {
	case w.finished || w.depth == 0 && !w.blank():
		return errOutside
	case !w.blank():
		return errMixed
	case w.depth == 0 && string(name) != rootName:
		return errRoot
	case w.depth == maxDepth:
		return errDepth
	}
	if w.depth > 0 {
		w.parent[w.depth-1] = true
	}
	w.names[w.depth], w.parent[w.depth] = name, false
	w.depth++
	w.clearText()
	return nil
}

func (w *walker) pop() error {
	isParent := w.parent[w.depth-1]
	if isParent && !w.blank() {
		return errMixed
	}
	if !isParent {
		if err := w.visit(leaf{path: w.names[:w.depth], text: w.text, references: w.references}); err != nil {
			return err
		}
	}
	w.depth--
	w.finished = w.depth == 0
	w.clearText()
	return nil
}

func (w *walker) cdata(rest []byte) error {
	end := bytes.Index(rest, []byte(cdataEnd))
	switch {
	case w.depth == 0:
		return errOutside
	case end < 0:
		return errUnclosed
	}
	w.pos = len(w.src) - len(rest) + end + len(cdataEnd)
	w.addLiteral(rest[:end])
	return nil
}

// addText takes a run of text outside CDATA.
func (w *walker) addText(run []byte) error {
	for {
		before, after, found := bytes.Cut(run, []byte("&"))
		if bytes.Contains(before, []byte(cdataEnd)) {
			return errCDATAEnd
		}
		w.addLiteral(before)
		if !found {
			return nil
		}
		if w.depth == 0 {
			return errOutside
		}
		end := bytes.IndexByte(after[:min(len(after), maxReference+1)], ';')
		if end < 0 {
			return errReference
		}
		r, ok := reference(string(after[:end]))
		if !ok {
			return errReference
		}
		w.text = utf8.AppendRune(w.text, r)
		w.references = true
		run = after[end+1:]
	}
}

// addLiteral takes text as it stands. The first piece is not copied; its capacity is cut, so that a second one copies
// both. Line ends become \n, as XML wants it.
func (w *walker) addLiteral(piece []byte) {
	if bytes.IndexByte(piece, '\r') >= 0 {
		piece = bytes.ReplaceAll(piece, []byte("\r\n"), []byte("\n"))
		piece = bytes.ReplaceAll(piece, []byte("\r"), []byte("\n"))
	}
	if len(w.text) == 0 {
		w.text = piece[:len(piece):len(piece)]
		return
	}
	w.text = append(w.text, piece...)
}

func (w *walker) clearText() { w.text, w.references = nil, false }

func (w *walker) blank() bool { return len(skipWhite(w.text)) == 0 }

func skipWhite(text []byte) []byte {
	for len(text) > 0 && (text[0] == ' ' || text[0] == '\t' || text[0] == '\r' || text[0] == '\n') {
		text = text[1:]
	}
	return text
}

// readName reads a tag's name and the white space after it.
func readName(src []byte) (name, rest []byte, err error) {
	n := 0
	for n < len(src) && (alphanumeric(src[n]) || src[n] == '_' || n > 0 && (src[n] == '-' || src[n] == '.')) {
		n++
	}
	if n == 0 || n > maxNameSize || digit(src[0]) {
		return nil, nil, errTag
	}
	return src[:n], skipWhite(src[n:]), nil
}

// reference reads what stands between & and ;.
func reference(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	if err != nil || n > utf8.MaxRune || !allowed(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// allowed reports whether XML 1.0 knows a character.
func allowed(r rune) bool {
	return utf8.ValidRune(r) && (r >= ' ' || r == '\t' || r == '\n' || r == '\r') && r != 0xFFFE && r != 0xFFFF
}

// Taking spaces away sets the highest bit of a byte that is below a space.
const (
	spaces   = 0x2020202020202020
	highBits = 0x8080808080808080
)

func hasControl(src []byte) bool {
	for _, b := range src {
		if b < ' ' && !allowed(rune(b)) {
			return true
		}
	}
	return false
}

// checkCharacters refuses invalid UTF-8 and the characters that XML forbids, in the whole document at once.
func checkCharacters(src []byte) error {
	if !utf8.Valid(src) {
		return errNotUTF8
	}
	rest := src
	for ; len(rest) >= 8; rest = rest[8:] { // eight bytes at once: one by one they are a tenth of what a callback costs
		if eight := binary.LittleEndian.Uint64(rest); (eight-spaces)&^eight&highBits != 0 && hasControl(rest[:8]) {
			return errCharacter
		}
	}
	if hasControl(rest) {
		return errCharacter
	}
	if bytes.Contains(src, []byte(nonCharacterFE)) || bytes.Contains(src, []byte(nonCharacterFF)) {
		return errCharacter
	}
	return nil
}
