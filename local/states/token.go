package states

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/orderflow-dev/orderflow/local/asl"
	"github.com/orderflow-dev/orderflow/local/asl/value"
	"github.com/orderflow-dev/orderflow/local/awsapi"
	"github.com/orderflow-dev/orderflow/local/store"
)

// Task tokens stay in the store forever: this distinguishes a used token from one that never
// existed.

func encodeToken(id uint64, task asl.TaskID) []byte {
	return binary.AppendVarint(binary.AppendUvarint(nil, id), int64(task))
}

// token returns the execution and the task of a task token, or InvalidToken.
func (s *Service) token(token string) (id uint64, task asl.TaskID, err error) {
	if token == "" || len(token) > 2048 {
		return 0, 0, errInvalidToken
	}
	data, err := s.store.Get(tokenKey(token))
	if errors.Is(err, store.ErrNotFound) {
		return 0, 0, errInvalidToken
	}
	if err != nil {
		return 0, 0, err
	}
	r := reader{b: data}
	return r.uint(), asl.TaskID(r.int()), nil
}

// SendTaskSuccessInput is the request of SendTaskSuccess.
type SendTaskSuccessInput struct {
	TaskToken string `json:"taskToken"`
	Output    string `json:"output"` // JSON text
}

// SendTaskSuccess ends the task of a token. Errors: InvalidToken, InvalidOutput; TaskTimedOut if
// the task is not open any more.
func (s *Service) SendTaskSuccess(_ context.Context, in SendTaskSuccessInput) (struct{}, error) {
	return inside(s, in, func(in SendTaskSuccessInput) (none struct{}, err error) {
		if len(in.Output) > asl.MaxPayload {
			return none, validation("Value at 'output' failed to satisfy constraint: "+
				"Member must have length less than or equal to %d", asl.MaxPayload)
		}
		if _, err := value.Parse(in.Output); err != nil {
			what, _ := asl.SyntaxText(in.Output, err)
			return none, awsapi.Errorf("InvalidOutput", "Invalid Output: '%s'", what)
		}
		return none,
			s.answer(in.TaskToken, func(t asl.TaskID) asl.Input { return asl.TaskSucceeded{Task: t, Output: in.Output} })
	})
}

// SendTaskFailureInput is the request of SendTaskFailure.
type SendTaskFailureInput struct {
	TaskToken string  `json:"taskToken"`
	Error     *string `json:"error,omitempty"`
	Cause     *string `json:"cause,omitempty"`
}

// SendTaskFailure fails the task of a token. Errors: InvalidToken; TaskTimedOut if the task is not
// open any more.
func (s *Service) SendTaskFailure(_ context.Context, in SendTaskFailureInput) (struct{}, error) {
	return inside(s, in, func(in SendTaskFailureInput) (none struct{}, err error) {
		if err := checkErrorCause(in.Error, in.Cause); err != nil {
			return none, err
		}
		return none, s.answer(in.TaskToken, func(t asl.TaskID) asl.Input {
			return asl.TaskFailed{Task: t, Error: in.Error, Cause: in.Cause}
		})
	})
}

// SendTaskHeartbeatInput is the request of SendTaskHeartbeat.
type SendTaskHeartbeatInput struct {
	TaskToken string `json:"taskToken"`
}

// SendTaskHeartbeat renews the heartbeat of the task of a token. Errors: InvalidToken; TaskTimedOut
// if the task is not open any more.
func (s *Service) SendTaskHeartbeat(_ context.Context, in SendTaskHeartbeatInput) (struct{}, error) {
	return inside(s, in, func(in SendTaskHeartbeatInput) (none struct{}, err error) {
		return none, s.answer(in.TaskToken, func(t asl.TaskID) asl.Input { return asl.Heartbeat{Task: t} })
	})
}

// answer passes a token's answer to the execution.
func (s *Service) answer(token string, input func(asl.TaskID) asl.Input) error {
	id, task, err := s.token(token)
	if err != nil {
		return err
	}
	e, err := s.record(id)
	if err != nil {
		return err
	}
	if e.Status != asl.Running {
		return errTaskGone
	}
	r, err := s.acquire(id)
	if err != nil {
		return err
	}
	defer r.release()
	if r.rec.Status != asl.Running {
		return errTaskGone
	}
	in := input(task)
	submitting := false
	if _, beat := in.(asl.Heartbeat); !beat {
		submitting = r.closeTask(task) // the answer came before the request returned
	}
	err = r.take(in, nil)
	if errors.Is(err, asl.ErrUnknownTask) || errors.Is(err, asl.ErrEnded) {
		if submitting {
			r.tasks = append(r.tasks, task)
		}
		return errTaskGone
	}
	return err
}
