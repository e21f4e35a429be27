package webhook

import (
	"unicode"
	"unicode/utf8"

	"wxdesk/internal/wechat"
)

// split cuts a text into parts of at most limit bytes, never inside what a reader sees as one character. It cuts after white space,
// unless that makes a part much shorter. It leaves out parts that would show nothing. It returns no parts if a single character is
// longer than limit.
func split(text string, limit int) (parts []string) {
	for len(text) > limit {
		at := cutAt(text, limit)
		if at == 0 {
			return nil
		}
		if part := text[:at]; !wechat.Blank(part) {
			parts = append(parts, part)
		}
		text = text[at:]
	}
	if !wechat.Blank(text) {
		parts = append(parts, text)
	}
	return parts
}

// cutAt is the best place to cut within the first limit bytes, 0 for none. A cut behind white space counts from the middle
// on.
func cutAt(text string, limit int) (best int) {
	behindSpace := 0
	flags := 0 // regional indicators right before the place: two make a flag
	previous, size := utf8.DecodeRuneInString(text)
	for at := size; at <= limit; {
		if isFlagHalf(previous) {
			flags++
		} else {
			flags = 0
		}
		next, size := utf8.DecodeRuneInString(text[at:])
		if !joins(previous, next) && !(flags%2 == 1 && isFlagHalf(next)) {
			best = at
			if unicode.IsSpace(previous) && at > limit/2 {
				behindSpace = at
			}
		}
		previous = next
		at += size
	}
	if behindSpace > 0 {
		return behindSpace
	}
	return best
}

const (
	zeroWidthNonJoiner = '\u200C'
	zeroWidthJoiner    = '\u200D'
)

// joins reports whether two characters belong to one that a reader sees: combining marks, emoji sequences, Hangul jamo.
// It errs on the side of keeping together (UAX #29 in short).
func joins(a, b rune) bool {
	switch {
	case a == '\r' && b == '\n',
		unicode.IsMark(b), b == zeroWidthNonJoiner, b == zeroWidthJoiner, a == zeroWidthJoiner,
		b >= 0x1F3FB && b <= 0x1F3FF,                           // skin tones
		b >= 0xE0020 && b <= 0xE007F,                           // tags, of regional flags
		b == 0xFF9E || b == 0xFF9F,                             // half-width voiced marks
		b == 0x0E33 || b == 0x0EB3,                             // Thai and Lao vowels that stand above and behind
		b >= 0x1160 && b <= 0x11FF, b >= 0xD7B0 && b <= 0xD7FF: // Hangul vowels and final consonants
		return true
	}
	initial := func(r rune) bool { return r >= 0x1100 && r <= 0x115F || r >= 0xA960 && r <= 0xA97C }
	return initial(a) && (initial(b) || b >= 0xAC00 && b <= 0xD7A3)
}

func isFlagHalf(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
