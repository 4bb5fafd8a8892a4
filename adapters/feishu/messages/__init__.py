"""Messages of Feishu: their content, their files, sent and changed."""
