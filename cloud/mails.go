package cloud

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/orderflow-dev/orderflow"
)

// Mails keeps the records of mails, a partition for each order, and the addresses to which nothing is
// sent, each in a partition of its own. The records of mails expire after orderflow.MailsKept.
type Mails struct {
	DB    *dynamodb.Client
	Table string
}

// mailRow is the item of a mail.
type mailRow struct {
	About     string         `json:"about"` // the order's id
	Item      string         `json:"item"`  // the mail's name
	ExpiresAt int64          `json:"expiresAt"`
	State     orderflow.Mail `json:"state"`
}

// suppressionRow is the item of an address.
type suppressionRow struct {
	About string                `json:"about"` // addressPrefix and the key
	Item  string                `json:"item"`  // suppressionItem
	State orderflow.Suppression `json:"state"`
}

const (
	addressPrefix   = "address/"
	suppressionItem = "suppression"
)

func suppressionKey(address string) item {
	return item{"about": str(addressPrefix + address), "item": str(suppressionItem)}
}

// Mail returns the record of one of an order's mails, strongly consistent, or nil.
func (m *Mails) Mail(ctx context.Context, orderID, name string) (*orderflow.Mail, error) {
	row, err := get[mailRow](ctx, m.DB, "mail", m.Table, item{"about": str(orderID), "item": str(name)})
	if err != nil || row == nil {
		return nil, err
	}
	return &row.State, nil
}

// Mails returns the records of an order's mails, by name. An order has few.
func (m *Mails) Mails(ctx context.Context, orderID string) ([]orderflow.Mail, error) {
	out, err := m.DB.Query(ctx, &dynamodb.QueryInput{
		TableName: &m.Table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("about = :order"),
		ExpressionAttributeValues: item{":order": str(orderID)},
	})
	if err != nil {
		return nil, wrap("list mails", err)
	}
	mails := make([]orderflow.Mail, len(out.Items))
	for i, it := range out.Items {
		row, err := read[mailRow]("mail", it)
		if err != nil {
			return nil, err
		}
		mails[i] = row.State
	}
	return mails, nil
}

// SaveMail saves a record as its next version, and raises that of m. Returns orderflow.CodeConflict if
// the saved version is not the one that was loaded.
func (m *Mails) SaveMail(ctx context.Context, mail *orderflow.Mail) error {
	next := *mail
	next.Version++
	it, err := MarshalItem(mailRow{About: mail.OrderID, Item: mail.Name, ExpiresAt: mail.At.Add(orderflow.MailsKept).Unix(), State: next})
	if err != nil {
		return fmt.Errorf("marshal mail: %w", err)
	}
	put := &dynamodb.PutItemInput{
		TableName: &m.Table, Item: it, ConditionExpression: aws.String("attribute_not_exists(about)"),
	}
	if mail.Version > 0 {
		put.ConditionExpression = aws.String("#state.#version = :loaded")
		put.ExpressionAttributeNames = map[string]string{"#state": "state", "#version": "version"}
		put.ExpressionAttributeValues = item{":loaded": number(mail.Version)}
	}
	if _, err := m.DB.PutItem(ctx, put); err != nil {
		return wrap("put mail", err)
	}
	mail.Version = next.Version
	return nil
}

// Suppression returns why nothing is sent to the address with a key, eventually consistent, or nil.
func (m *Mails) Suppression(ctx context.Context, address string) (*orderflow.Suppression, error) {
	row, err := getItem[suppressionRow](ctx, m.DB, "suppression",
		&dynamodb.GetItemInput{TableName: &m.Table, Key: suppressionKey(address)})
	if err != nil || row == nil {
		return nil, err
	}
	return &row.State, nil
}

// Suppress stops mails to an address.
func (m *Mails) Suppress(ctx context.Context, s orderflow.Suppression) error {
	it, err := MarshalItem(suppressionRow{About: addressPrefix + s.Address, Item: suppressionItem, State: s})
	if err != nil {
		return fmt.Errorf("marshal suppression: %w", err)
	}
	if _, err := m.DB.PutItem(ctx, &dynamodb.PutItemInput{TableName: &m.Table, Item: it}); err != nil {
		return wrap("put suppression", err)
	}
	return nil
}

// Allow lets mails be sent to an address again.
func (m *Mails) Allow(ctx context.Context, address string) error {
	_, err := m.DB.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &m.Table, Key: suppressionKey(address)})
	if err != nil {
		return wrap("delete suppression", err)
	}
	return nil
}
