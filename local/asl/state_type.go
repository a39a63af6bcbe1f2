package asl

// stateKind is a state's type.
type stateKind uint8

const (
	passKind stateKind = iota
	choiceKind
	waitKind
	succeedKind
	failKind
	taskKind
	parallelKind
	mapKind
)

// retries reports whether the type has Retry and Catch.
func (k stateKind) retries() bool { return k >= taskKind }

// stateTypes is the table of the state types. The file of each type has its row, and the code that
// parses and runs its states.
var stateTypes = [...]stateType{
	passKind: passType, choiceKind: choiceType, waitKind: waitType, succeedKind: succeedType,
	failKind: failType, taskKind: taskType, parallelKind: parallelType, mapKind: mapType,
}

// stateType is a row of the table.
type stateType struct {
	name    string
	schema  *schema
	newBody func() body
	// The events of a state; 0 if the type has no such event.
	entered, exited, aborted EventType
}

// body is the part of a state that depends on its type.
type body interface {
	// read parses the fields of the type.
	read(r *stateReader)
	// run executes a state that was just entered, redriven or retried. It ends with exit, with a
	// wait, or with a fault.
	run(x *Execution, b *branch) *fault
}

// kindNamed returns the state type of that name.
func kindNamed(name string) (kind stateKind, ok bool) {
	for kind := range stateTypes {
		if stateTypes[kind].name == name {
			return stateKind(kind), true
		}
	}
	return 0, false
}
