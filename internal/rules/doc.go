// Package rules compiles, checks and evaluates the conditions of rulesets. Conditions are expressions of CEL
// (https://cel.dev), over the facts that docs/rules.md lists; a field that is not there is refused when a rule is saved.
//
// Rules are written by administrators and judge what strangers wrote, so neither may hurt: expressions have no functions
// that touch anything, their cost is estimated when they are saved and limited when they run, and a condition that cannot
// be evaluated does not match.
package rules
