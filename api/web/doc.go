// Package web has what the other packages of the API share: problem documents after RFC 9457, the guard with API tokens and their
// limits, strict JSON, cursors and pages. It uses the types of the domain, and none of the packages that use it.
package web
