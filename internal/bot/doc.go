// Package bot has what a bot is asked and what it may answer: questions and answers, the entries of the built-in FAQ, and when bot and
// customer go round in circles. It is pure. The connectors below it ask: faq answers from entries, webhook asks a program of somebody's
// own, and connector chooses between them.
package bot
