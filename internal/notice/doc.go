// Package notice has the texts of the automated messages that customers get, in five languages. Package routing decides which one
// a customer gets.
package notice
