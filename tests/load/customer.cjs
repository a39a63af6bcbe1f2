// Code of Artillery's scenario: bodies and headers of the requests, and the expected statuses.
'use strict';

const { randomUUID } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

// Orders of one product wait for each other, so customers use all products of the catalogue.
const products = process.env.LOAD_PRODUCTS
  ? process.env.LOAD_PRODUCTS.split(',')
  : JSON.parse(readFileSync(join(__dirname, '../../examples/catalogue.json'), 'utf8')).map((p) => p.sku);

const pick = () => products[Math.floor(Math.random() * products.length)];

function authorize(request, context, events, done) {
  request.headers = { ...request.headers, authorization: `Bearer ${process.env.ORDERFLOW_TOKEN}` };
  return done();
}

function order(request, context, events, done) {
  const items = [{ sku: pick(), quantity: 1 }];
  if (Math.random() < 1 / 3) { // a second line, sometimes of the same product
    items.push({ sku: pick(), quantity: 2 });
  }
  request.json = {
    items,
    currency: 'USD',
    email: 'load@example.com',
    shippingAddress: { name: 'Load Test', line1: '1 Quay', city: 'Boston', postalCode: '02110', country: 'US' },
    paymentMethod: 'pm_card_visa',
  };
  request.headers = { ...request.headers, 'idempotency-key': `load-${randomUUID()}` };
  return authorize(request, context, events, done);
}

// Any other status is counted for check.mjs and ends the customer's visit.
const expectStatus = (status) => (request, response, context, events, done) => {
  if (response.statusCode === status) {
    return done();
  }
  const answer = `${request.name}: ${response.statusCode} instead of ${status}`;
  events.emit('counter', `unexpected ${answer}`, 1);
  return done(new Error(answer));
};

module.exports = { authorize, order, status200: expectStatus(200), status202: expectStatus(202) };
