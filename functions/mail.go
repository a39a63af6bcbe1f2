package functions

import (
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/orderflow-dev/orderflow/cloud"
	"github.com/orderflow-dev/orderflow/mail"
	"github.com/orderflow-dev/orderflow/tasks"
)

func newMail(p *parts) lambda.Handler {
	orders := p.orders("ORDERS_TABLE")
	return handle(p, tasks.Mail{
		Orders: orders, Mails: p.mails(),
		Writer: mail.Writer{Shop: p.env.required("SHOP_NAME"), OrderURL: p.env.unlessNone("ORDER_URL")},
		Sender: &cloud.Mailer{
			Client: sesv2.NewFromConfig(p.cfg), From: p.env.sender("MAIL_FROM"), ReplyTo: p.env.unlessNone("MAIL_REPLY_TO"),
			Configuration: p.env.required("MAIL_CONFIGURATION"),
		},
		Feedback: cloud.ReadMailFeedback, Now: p.opts.Clock, Log: p.opts.Logger, Errors: p.messageErrors(),
	}.Handle)
}

func (p *parts) mails() *cloud.Mails {
	return &cloud.Mails{DB: p.db(), Table: p.env.required("MAILS_TABLE")}
}
