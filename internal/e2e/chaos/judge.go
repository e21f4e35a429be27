package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Violation is a promise that was not kept.
type Violation struct{ Promise, What string }

func (v Violation) String() string { return v.Promise + ": " + v.What }

// judge returns the promises that the evidence breaks. It knows nothing of how the evidence came about.
func judge(customer string, e Evidence) (broken []Violation) {
	find := func(promise, format string, args ...any) {
		broken = append(broken, Violation{promise, customer + ": " + fmt.Sprintf(format, args...)})
	}
	place := map[string]int{} // of a text in what was said
	for i, w := range e.written {
		place[w.text] = i
	}
	times := map[string]int{}
	last, latest := -1, ""
	for _, l := range e.lines {
		if l.author != "customer" {
			if l.delivery == "queued" || l.delivery == "sending" {
				find("R10", "%q is left %s", l.text, l.delivery)
			}
			continue
		}
		times[l.text]++
		if l.answers != 1 {
			find("R4", "%q has %d answers", l.text, l.answers)
		}
		i, known := place[l.text]
		switch {
		case !known:
			find("R4", "%q was never said", l.text)
		case !e.written[i].accepted: // its order was never promised
		case i < last:
			find("R5", "%q comes after %q", l.text, latest)
		default:
			last, latest = i, l.text
		}
	}
	for _, w := range e.written {
		switch n := times[w.text]; {
		case w.accepted && n == 0:
			find("R1", "%q was acknowledged and is lost", w.text)
		case n > 1:
			find("R4", "%q stands %d times in the transcript", w.text, n)
		}
	}
	if e.open > 1 {
		find("R6", "%d conversations are open", e.open)
	}
	return append(broken, judgeShown(customer, e)...)
}

// judgeShown compares what is on the phone with what the ledger says about it.
func judgeShown(customer string, e Evidence) (broken []Violation) {
	fate := map[string]string{}
	var order []string
	for _, l := range e.lines {
		if l.author != "customer" {
			fate[l.text] = l.delivery
			order = append(order, l.text)
		}
	}
	times := map[string]int{}
	last := -1
	for _, text := range e.shown {
		times[text]++
		i := slices.Index(order, text)
		if i < 0 {
			broken = append(broken, Violation{"R11", fmt.Sprintf("%s: %q is on the phone and in no transcript", customer, text)})
			continue
		}
		if times[text] == 1 && i < last {
			broken = append(broken, Violation{"R13", fmt.Sprintf("%s: %q came late", customer, text)})
		}
		last = max(last, i)
	}
	for _, text := range slices.Sorted(maps.Keys(fate)) {
		switch n := times[text]; {
		case n > 1:
			broken = append(broken, Violation{"R11", fmt.Sprintf("%s: %q is on the phone %d times", customer, text, n)})
		case n == 0 && fate[text] == "sent":
			broken = append(broken, Violation{"R11", fmt.Sprintf("%s: %q is called sent and is not on the phone", customer, text)})
		}
	}
	return broken
}

// Promises returns the ids of the broken promises, sorted, each once.
func Promises(broken []Violation) string {
	names := map[string]bool{}
	for _, v := range broken {
		names[v.Promise] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}
