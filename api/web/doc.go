// Package web is what the rooms of the API have in common: problem documents after RFC 9457, the guard with API tokens, sessions and the
// limits of each, strict JSON, cursors and pages. It knows the words of the subject, and none of the rooms that stand on it.
package web
