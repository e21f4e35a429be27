// Package archtest has the table of which package may import which, with the reason in each row, and the code that checks it. Its
// test reads the imports of the source tree (non-test files), so it is fast and does not need the tree to compile. Further tests
// check the names of tests, that their ids and the tables of the docs agree, the size of folders, and wording.
//
// Rules follow our own packages transitively: a rule covers everything of ours that a package reaches. Foreign and standard packages
// are judged if one of ours imports them; their own imports do not matter.
package archtest
