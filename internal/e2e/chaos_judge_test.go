package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// sentMessage is something that a customer said, and what WeChat was told about it.
type sentMessage struct {
	text  string
	taken bool // acknowledged; else WeChat gave up after its attempts
}

// transcriptLine is a line of a transcript with what it led to, as the ledger has it.
type transcriptLine struct {
	id, author, text string
	answers          int    // stored answers to a customer's line
	fate             string // of a line to the customer
}

// evidence is all that is durable about one customer after a run, and what WeChat knows.
type evidence struct {
	sentMessages []sentMessage    // in the order in which it was said
	lines        []transcriptLine // of all conversations, oldest first
	shown        []string         // answers on the phone, in order
	open         int              // conversations that are not closed
}

// violation is a promise that was not kept.
type violation struct{ promise, what string }

func (v violation) String() string { return v.promise + ": " + v.what }

// judge says which promises the evidence breaks. It knows nothing of how the evidence came about.
func judge(customer string, e evidence) (broken []violation) {
	find := func(promise, format string, args ...any) {
		broken = append(broken, violation{promise, customer + ": " + fmt.Sprintf(format, args...)})
	}
	place := map[string]int{} // of a text in what was said
	for i, w := range e.sentMessages {
		place[w.text] = i
	}
	times := map[string]int{}
	last, latest := -1, ""
	for _, l := range e.lines {
		if l.author != "customer" {
			if l.fate == "queued" || l.fate == "sending" {
				find("R10", "%q is left %s", l.text, l.fate)
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
		case !e.sentMessages[i].taken: // its order was never promised
		case i < last:
			find("R5", "%q comes after %q", l.text, latest)
		default:
			last, latest = i, l.text
		}
	}
	for _, w := range e.sentMessages {
		switch n := times[w.text]; {
		case w.taken && n == 0:
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

// judgeShown compares what is on the phone with what the ledger says of it.
func judgeShown(customer string, e evidence) (broken []violation) {
	fate := map[string]string{}
	var order []string
	for _, l := range e.lines {
		if l.author != "customer" {
			fate[l.text] = l.fate
			order = append(order, l.text)
		}
	}
	times := map[string]int{}
	last := -1
	for _, text := range e.shown {
		times[text]++
		i := slices.Index(order, text)
		if i < 0 {
			broken = append(broken, violation{"R11", fmt.Sprintf("%s: %q is on the phone and in no transcript", customer, text)})
			continue
		}
		if times[text] == 1 && i < last {
			broken = append(broken, violation{"R13", fmt.Sprintf("%s: %q came late", customer, text)})
		}
		last = max(last, i)
	}
	for _, text := range slices.Sorted(maps.Keys(fate)) {
		switch n := times[text]; {
		case n > 1:
			broken = append(broken, violation{"R11", fmt.Sprintf("%s: %q is on the phone %d times", customer, text, n)})
		case n == 0 && fate[text] == "sent":
			broken = append(broken, violation{"R11", fmt.Sprintf("%s: %q is called sent and is not on the phone", customer, text)})
		}
	}
	return broken
}

// which lists the promises that are broken, each once.
func which(broken []violation) string {
	names := map[string]bool{}
	for _, v := range broken {
		names[v.promise] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}
