//go:build !race

package cli

const isRace = false
