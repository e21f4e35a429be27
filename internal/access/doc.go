// Package access says who asks and what they may see: roles, API tokens, the principal of a request, and what was denied. It is pure.
// Package api/web checks tokens, and package lifecycle decides which command a principal may give.
package access
