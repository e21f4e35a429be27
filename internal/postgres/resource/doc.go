// Package resource has what the resources of the set-up share. Each is a row that changes by its version, each change is in the audit,
// and they point to each other. Whoever points to a resource holds it `for key share`, whoever deletes one locks it `for update`: so
// nothing is left that points to what is gone. A change that may make a match triggers the distribution.
package resource
