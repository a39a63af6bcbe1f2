// Adds enough stock to a local system for every order.
//
//   node stock.mjs http://127.0.0.1:4566
import { readFileSync } from 'node:fs';

const catalogue = JSON.parse(readFileSync(new URL('../../examples/catalogue.json', import.meta.url), 'utf8'));
for (const { sku } of catalogue) {
  const answer = await fetch(process.argv[2], {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.UpdateItem' },
    body: JSON.stringify({
      TableName: 'orderflow-products', Key: { sku: { S: sku } }, ConditionExpression: 'attribute_exists(sku)',
      UpdateExpression: 'SET onHand = :n', ExpressionAttributeValues: { ':n': { N: '1000000000' } },
    }),
  });
  if (!answer.ok) {
    throw new Error(`stock up ${sku}: ${answer.status} ${await answer.text()}`);
  }
}
