//go:build race

package cli

const isRace = true
