// Package user holds the rules of people who sign in: which names and passwords are allowed, how long links and sessions last, and how many
// tries there are. It is pure: the ledger keeps users, and package people of the API signs them in.
package user
