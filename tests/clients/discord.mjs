// A small picture bot on discord.js. BASE and TOKEN come from the environment.

import {
  ActionRowBuilder,
  AttachmentBuilder,
  ButtonBuilder,
  ButtonStyle,
  ChannelType,
  Client,
  Events,
  FileUploadBuilder,
  GatewayIntentBits,
  LabelBuilder,
  MessageFlags,
  ModalBuilder,
  Partials,
  SlashCommandBuilder,
  TextInputBuilder,
  TextInputStyle,
} from 'discord.js';

import { BASE, digest, fail, png, tell, untilTold } from './harness.mjs';

const picture = png(64, [250, 200, 40]);

const draw = new SlashCommandBuilder()
  .setName('draw')
  .setDescription('Draw a picture')
  .setDescriptionLocalizations({ 'zh-CN': '画一张图' })
  .addStringOption((option) =>
    option.setName('prompt').setDescription('What to draw').setRequired(true).setMaxLength(500),
  )
  .addStringOption((option) =>
    option
      .setName('size')
      .setDescription('How large')
      .addChoices({ name: 'small', value: '1K' }, { name: 'large', value: '4K' }),
  )
  .addAttachmentOption((option) => option.setName('image').setDescription('What to start from'));

const buttons = new ActionRowBuilder().addComponents(
  new ButtonBuilder().setCustomId('again').setLabel('Again').setStyle(ButtonStyle.Primary),
  new ButtonBuilder().setCustomId('edit').setLabel('Edit').setStyle(ButtonStyle.Secondary),
);

function result() {
  return new AttachmentBuilder(picture, { name: 'result.png', description: 'a yellow square' });
}

const client = new Client({
  intents: [
    GatewayIntentBits.Guilds,
    GatewayIntentBits.GuildMessages,
    GatewayIntentBits.DirectMessages,
  ],
  partials: [Partials.Channel], // a direct message opens a channel that nobody has told us of
  rest: { api: `${BASE}/api`, cdn: BASE },
});

async function answer(interaction) {
  const attachment = interaction.options.getAttachment('image');
  await interaction.deferReply();
  const bytes = attachment && Buffer.from(await (await fetch(attachment.url)).arrayBuffer());
  tell('command', {
    prompt: interaction.options.getString('prompt'),
    size: interaction.options.getString('size'),
    image: bytes && digest(bytes),
    announced: attachment && [attachment.name, attachment.size, attachment.contentType],
    locale: interaction.locale,
    by: interaction.user.id,
  });
  const message = await interaction.editReply({
    content: 'Here it is.',
    files: [result()],
    components: [buttons],
  });
  const [file] = message.attachments.values();
  const served = Buffer.from(await (await fetch(file.url)).arrayBuffer());
  tell('answered', {
    message: message.id,
    file: [file.name, file.size, file.width, file.height, file.description],
    intact: served.equals(picture),
    buttons: message.components[0].components.map((button) => button.customId),
  });
}

async function again(interaction) {
  await interaction.deferUpdate();
  const message = await interaction.followUp({
    content: 'Only you see this.',
    flags: MessageFlags.Ephemeral,
  });
  tell('button', { of: interaction.message.id, message: message.id, by: interaction.user.id });
}

async function edit(interaction) {
  const prompt = new TextInputBuilder()
    .setCustomId('prompt')
    .setStyle(TextInputStyle.Paragraph)
    .setMaxLength(2000);
  const upload = new FileUploadBuilder().setCustomId('picture').setRequired(false).setMaxValues(1);
  await interaction.showModal(
    new ModalBuilder()
      .setCustomId('change')
      .setTitle('Change the picture')
      .addLabelComponents(
        new LabelBuilder().setLabel('Prompt').setTextInputComponent(prompt),
        new LabelBuilder().setLabel('Picture').setFileUploadComponent(upload),
      ),
  );
  tell('modal opened', { of: interaction.message.id });
}

async function submitted(interaction) {
  const files = interaction.fields.getUploadedFiles('picture');
  tell('modal', {
    prompt: interaction.fields.getTextInputValue('prompt'),
    files: files?.map((file) => file.name) ?? [],
    of: interaction.message?.id,
  });
  const response = await interaction.reply({ content: 'Changing it.', withResponse: true });
  tell('modal answered', { message: response.resource.message.id });
}

client.on(Events.InteractionCreate, (interaction) => {
  const button = interaction.isButton() && interaction.customId;
  if (interaction.isChatInputCommand()) answer(interaction).catch(fail);
  else if (button === 'again') again(interaction).catch(fail);
  else if (button === 'edit') edit(interaction).catch(fail);
  else if (interaction.isModalSubmit()) submitted(interaction).catch(fail);
  else fail(new Error(`an interaction of type ${interaction.type}`));
});

async function reply(message) {
  tell('message', {
    content: message.content,
    direct: message.channel.type === ChannelType.DM,
    by: message.author.username,
    files: message.attachments.map((file) => file.name),
  });
  const allowedMentions = { parse: [], repliedUser: false };
  const sent = await message.reply({ content: 'Working on it.', allowedMentions });
  await sent.react('🎨');
  const edited = await sent.edit({ content: 'Done.', files: [result()], allowedMentions });
  tell('replied', {
    message: edited.id,
    to: edited.reference.messageId,
    edited: edited.editedTimestamp !== null,
  });
}

client.on(Events.MessageCreate, (message) => {
  if (message.author.bot) return;
  const direct = message.channel.type === ChannelType.DM;
  if (direct || message.mentions.has(client.user)) reply(message).catch(fail);
});

client.once(Events.ClientReady, async () => {
  const commands = await client.application.commands.set([draw]);
  tell('ready', {
    name: client.user.username,
    guilds: client.guilds.cache.map((guild) => guild.id),
    commands: commands.map((command) => command.name),
  });
});
client.on(Events.ShardResume, (id, replayed) => tell('resumed', { replayed }));
client.on(Events.Error, fail);
client.on(Events.ShardError, fail);

untilTold(() => client.destroy());
await client.login(process.env.TOKEN);
