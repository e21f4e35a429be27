// Package delivery tells accounts' servers what customers do, as WeChat does: each callback encrypted and signed, with a limit of time and
// three attempts, and each answer judged.
//
//	Act ──► journal ──► queue ──► attempt ──► push ──► the account's server
//	                      ▲          │
//	                      └─ again ──┴──► verdict, and on the screen the reply or the fault notice
//
// A callback that is written down goes on until it has a verdict, also in the next process after a kill. Callbacks of one customer do not
// wait for each other. All of a callback's attempts carry the same document.
package delivery
