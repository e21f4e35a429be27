// Package validation tries out an official account's set-up, and says in sentences what is wrong and what to do.
package validation
