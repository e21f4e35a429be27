// Package archtest keeps the rooms of the house apart: a table of who may know whom, with the reason in each row, and
// what it takes to check it. Its test reads the imports of the source tree (non-test files), so it is fast and does not
// need the tree to compile.
//
// Rules follow our own packages transitively: a room answers for everything of ours that it reaches. Foreign and
// standard packages are judged where one of ours imports them; what they import in turn is their business.
package archtest
