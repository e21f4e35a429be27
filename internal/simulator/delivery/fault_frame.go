package delivery

import (
	"regexp"
	"strings"

	"wxdesk/internal/simulator/envelope"
)

// doctype is what an attacker on the way to the account's files would write.
const doctype = `<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]>` + "\n"

// padded gives the frame a pad of so many bytes that no receiver may take. The document gets blanks behind its end, so that the
// length of the whole stays a multiple of 32 and only the pad is wrong.
func padded(count int, at func(i int) byte) func(*push) {
	return func(p *push) {
		size := 20 + len(p.document) + len(p.frameAppID) + count
		p.document += strings.Repeat(" ", (envelope.PadBlock-size%envelope.PadBlock)%envelope.PadBlock)
		p.spoilFrame = func(f *envelope.Frame) {
			for i := range count {
				f.Pad = append(f.Pad, at(i))
			}
		}
	}
}

// overlong lets the frame announce one byte more than it holds.
func overlong(p *push) {
	p.spoilFrame = func(f *envelope.Frame) {
		f.Pad = envelope.Pad(20 + len(f.Message) + len(f.AppID))
		f.Length = len(f.Message) + len(f.AppID) + 1
	}
}

// retyped gives a callback a type that nobody knows yet.
func retyped(name string) func(*push) {
	old := regexp.MustCompile("<" + name + ">.*?</" + name + ">")
	return func(p *push) {
		done := false
		p.document = old.ReplaceAllStringFunc(p.document, func(found string) string {
			if done {
				return found
			}
			done = true
			return envelope.CDATA(name, "not_yet_invented").String()
		})
	}
}
