// A small picture bot on the official Node SDK of Feishu. BASE, APP_ID and APP_SECRET come from
// the environment.

import * as lark from '@larksuiteoapi/node-sdk';

import { BASE, digest, fail, png, tell, untilTold } from './harness.mjs';

const picture = png(64, [250, 200, 40]);

const quiet = () => {};
const loud = (words) => fail(new Error(JSON.stringify(words)));
const logger = {
  error: loud,
  warn: loud,
  info: quiet,
  debug: quiet,
  trace: quiet,
};
const app = {
  appId: process.env.APP_ID,
  appSecret: process.env.APP_SECRET,
  domain: BASE,
  logger,
};
const client = new lark.Client(app);

/** A Card JSON 2.0: some words, perhaps a picture, and a button. */
function card(words, image) {
  return JSON.stringify({
    schema: '2.0',
    config: { update_multi: true },
    header: { title: { tag: 'plain_text', content: 'Picture' }, template: 'blue' },
    body: {
      elements: [
        { tag: 'markdown', content: words },
        ...(image
          ? [{ tag: 'img', img_key: image, alt: { tag: 'plain_text', content: 'a yellow square' } }]
          : []),
        {
          tag: 'button',
          text: { tag: 'plain_text', content: 'Again' },
          type: 'primary',
          behaviors: [{ type: 'callback', value: { action: 'again' } }],
        },
      ],
    },
  });
}

/** The data of an answer that has to have succeeded. */
function good({ code, msg, data }) {
  if (code !== 0) throw new Error(`code ${code}: ${msg}`);
  return data;
}

/** The digest of the picture in a message. */
async function download(message, key) {
  const resource = await client.im.v1.messageResource.get({
    path: { message_id: message, file_key: key },
    params: { type: 'image' },
  });
  const pieces = await resource.getReadableStream().toArray();
  return digest(Buffer.concat(pieces));
}

async function answer({ message, sender }) {
  const { text = '', image_key: key } = JSON.parse(message.content);
  tell('message', {
    id: message.message_id,
    chat: message.chat_type,
    length: text.length,
    digest: key ? await download(message.message_id, key) : digest(text),
    mentions: (message.mentions ?? []).map((mention) => [mention.key, mention.id.open_id]),
    by: sender.sender_id.open_id,
  });
  const path = { message_id: message.message_id };
  const sent = good(
    await client.im.v1.message.reply({
      path,
      data: { msg_type: 'interactive', content: card('Working on it.'), uuid: message.message_id },
    }),
  );
  tell('replied', { message: sent.message_id, parent: sent.parent_id, kind: sent.msg_type });
  const uploaded = await client.im.v1.image.create({
    data: { image_type: 'message', image: picture },
  });
  tell('uploaded', { key: uploaded.image_key });
  good(
    await client.im.v1.message.patch({
      path: { message_id: sent.message_id },
      data: { content: card('Here it is.', uploaded.image_key) },
    }),
  );
  const reaction = good(
    await client.im.v1.messageReaction.create({
      path,
      data: { reaction_type: { emoji_type: 'DONE' } },
    }),
  );
  tell('done', { message: sent.message_id, reaction: reaction.reaction_id });
}

const dispatcher = new lark.EventDispatcher({ logger }).register({
  // The event is acknowledged when this returns, so the work goes on behind it.
  'im.message.receive_v1': (event) => {
    answer(event).catch(fail);
  },
  'card.action.trigger': (event) => {
    tell('click', {
      value: event.action.value,
      message: event.context.open_message_id,
      by: event.operator.open_id,
    });
    return { toast: { type: 'success', content: 'Once more.', i18n: { zh_cn: '再来一张' } } };
  },
});

const socket = new lark.WSClient({
  ...app,
  onReady: async () => {
    const { bot } = await client.request({ method: 'GET', url: '/open-apis/bot/v3/info' });
    tell('ready', { name: bot.app_name, id: bot.open_id });
  },
  onReconnected: () => tell('reconnected'),
  onError: fail,
});

untilTold(() => socket.close());
await socket.start({ eventDispatcher: dispatcher });
