// Package user holds the rules of people who sign in: their names and passwords, the links that let them in for the first time, how
// long a session lasts, and how often one may try. It is pure: the ledger keeps users, and package people of the API lets them in.
package user
