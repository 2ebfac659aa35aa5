package plan

import "os"

// Options say what the references of a file stand for.
type Options struct {
	// File is the name of the file in positions.
	File string
	// Vars is what ${var:NAME} stands for.
	Vars map[string]string
	// Files is the folder below which ${file:PATH} is read; nil refuses such references.
	Files *os.Root
	// Secret returns what ${env:NAME} stands for, when it is needed (Reveal); nil refuses
	// such references.
	Secret func(name string) (value string, ok bool)
}

// Fault is something that is wrong in a file.
type Fault struct {
	At   Position
	Path string // of the value: whatsappTemplates[0].languages.DE.details; "" for the file
	Text string
}

// Read reads a file: it resolves the references other than those to secrets, and checks
// the items against the contract. It returns all that is wrong, in the order of the
// file, and nil for the document then.
func Read(text []byte, o Options) (*Document, []Fault) { panic("not yet") }
